"""Reads how often an activity runs: standard loops, and multi-instance activities as BPMN, camunda: and zeebe: write them."""

from __future__ import annotations

from lxml import etree

from engine.definitions.dialect import extension
from engine.definitions.problems import Problems
from engine.definitions.xml import ZEEBE, bpmn, camunda
from engine.diagram.model import Loop


def read_loop(node: etree._Element, problems: Problems) -> Loop | None:
    """Read how often an activity runs."""
    standard = node.find(bpmn("standardLoopCharacteristics"))
    if standard is not None:
        most = standard.get("loopMaximum")
        return Loop(
            standard=True,
            condition=problems.condition(standard, standard.findtext(bpmn("loopCondition")), what="loop condition"),
            test_before=standard.get("testBefore") == "true",
            maximum=None if most is None else int(most) if most.isdigit() else 0,
        )
    multi = node.find(bpmn("multiInstanceLoopCharacteristics"))
    if multi is None:
        return None
    here = str(node.get("id") or "")
    if multi.get("behavior") not in (None, "All"):
        problems.add(multi, here, "multi-instance-behavior", f"'{here}' throws events per instance.", "Throw them from inside instead.")
    return _multi_instance(multi, problems, here)


def _multi_instance(multi: etree._Element, problems: Problems, here: str) -> Loop:
    zeebe = extension(multi, "loopCharacteristics", ZEEBE)

    def either(plain: str | None, attribute: str) -> str | None:
        return plain if plain or zeebe is None else zeebe.get(attribute)

    def name(tag: str) -> str | None:
        element = multi.find(bpmn(tag))
        return None if element is None else element.get("name") or element.get("id")

    source = either(multi.get(camunda("collection")) or _data_name(multi, "loopDataInputRef"), "inputCollection")
    gathered = either(_data_name(multi, "loopDataOutputRef"), "outputCollection")
    loop = Loop(
        parallel=multi.get("isSequential") != "true",
        collection=problems.expression(multi, source, what="collection"),
        cardinality=problems.expression(multi, multi.findtext(bpmn("loopCardinality")), what="cardinality"),
        item=either(multi.get(camunda("elementVariable")) or name("inputDataItem"), "inputElement"),
        completion=problems.condition(multi, multi.findtext(bpmn("completionCondition")), what="completion condition"),
        output_collection=(gathered or "").strip() or None,
        output_item=problems.expression(multi, either(name("outputDataItem"), "outputElement"), what="output element"),
    )
    if loop.collection is None and loop.cardinality is None:
        problems.add(multi, here, "multi-instance", f"'{here}' repeats over nothing.", "Give it a collection or a cardinality.")
    return loop


def _data_name(multi: etree._Element, tag: str) -> str | None:
    """Return the variable that a reference to data names: the name of the data with that id, else the reference itself."""
    reference = (multi.findtext(bpmn(tag)) or "").strip()
    activity = multi.getparent()
    for data in () if activity is None or not reference else activity.iter(bpmn("dataInput"), bpmn("dataOutput")):
        if data.get("id") == reference:
            return data.get("name") or reference
    return reference or None

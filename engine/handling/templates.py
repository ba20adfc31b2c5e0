"""Topics as element templates, Camunda's JSON for modelers: a service task is chosen from a list, and its inputs are filled in as fields.

A required input starts with the variable of its own name, an optional one empty, which leaves it out. An output goes into the variable of
its own name; a field emptied drops it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.handling.registry import HandlerRegistry, TopicDescription
from engine.handling.texts import LANGUAGES, Said, Texts

LONG = 255
TRUTHS = ("true", "false")
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "input": "Inputs",
        "output": "Outputs",
        "variable": "from the variable {}",
        "nothing": "(nothing)",
        "true": "yes",
        "false": "no",
    },
    "zh_CN": {"input": "输入", "output": "输出", "variable": "取自变量 {}", "nothing": "（不填）", "true": "是", "false": "否"},
}


@dataclass(frozen=True, slots=True)
class Field:
    """An input or output of a topic: its JSON Schema with references resolved, and what is said of it."""

    name: str
    schema: Mapping[str, Any]
    said: Said
    is_required: bool

    @property
    def choices(self) -> tuple[str, ...]:
        """Return the values that it may have, none when there is no list of them. Modelers have no check box for an input of Camunda 7."""
        if self.schema.get("type") == "boolean":
            return TRUTHS
        return tuple(str(value) for value in self.schema.get("enum", ()))


def element_templates(registry: HandlerRegistry, *, language: str) -> list[dict[str, Any]]:
    """Return one template for each topic, by name, in a language (English where a text is missing there)."""
    return [_template(each, registry.texts, language) for each in registry.describe()]


def untranslated(registry: HandlerRegistry) -> list[str]:
    """Return each text that a language lacks, as `zh_CN: incident.open.symptom: help`; and those that nothing uses."""
    texts, used = registry.texts, set[str]()
    missing: list[str] = []
    for described in registry.describe():
        topic = dict(texts.topics.get(described.topic, {}))
        missing += _lacking(described.topic, {**topic, "help": {"en": described.summary, **topic.get("help", {})}})
        for each in (*_fields(described.topic, described.inputs, texts), *_fields(described.topic, described.outputs, texts)):
            full = f"{described.topic}.{each.name}"
            used |= {full if full in texts.fields else each.name}
            missing += _lacking(full, each.said)
            for value in set(each.choices).difference(TRUTHS):
                used.add(value)
                missing += _lacking(value, {"help": dict.fromkeys(LANGUAGES, "-"), **texts.values.get(value, {})})
    unused = {*texts.topics} - registry.topics() | ({*texts.fields, *texts.values} - used)
    return [*missing, *(f"unused: {name}" for name in sorted(unused))]


def _lacking(what: str, said: Said) -> Iterator[str]:
    for language in LANGUAGES:
        if not said.get(language):
            yield f"{language}: {what}: name"
        if not said.get("help", {}).get(language):
            yield f"{language}: {what}: help"


def _template(described: TopicDescription, texts: Texts, language: str) -> dict[str, Any]:
    said = texts.topics.get(described.topic, {})
    words = WORDS[language]
    inputs = [_input(each, texts, language) for each in _fields(described.topic, described.inputs, texts)]
    outputs = [_output(each, language) for each in _fields(described.topic, described.outputs, texts)]
    groups = [{"id": name, "label": words[name]} for name, present in (("input", inputs), ("output", outputs)) if present]
    return {
        "name": _named(said, described.topic, language),
        "id": f"watchbill.{described.topic}",
        "description": said.get("help", {}).get(language) or described.summary,
        "appliesTo": ["bpmn:Task", "bpmn:ServiceTask"],
        "elementType": {"value": "bpmn:ServiceTask"},
        **({"groups": groups} if groups else {}),
        "properties": [_hidden("camunda:type", "external"), _hidden("camunda:topic", described.topic), *inputs, *outputs],
    }


def _hidden(name: str, value: str) -> dict[str, Any]:
    return {"type": "Hidden", "value": value, "binding": {"type": "property", "name": name}}


def _input(each: Field, texts: Texts, language: str) -> dict[str, Any]:
    variable = f"${{{each.name}}}"
    made = {**_shown(each, language), "group": "input", "binding": {"type": "camunda:inputParameter", "name": each.name}}
    made |= {"constraints": {"notEmpty": True}, "value": variable} if each.is_required else {"optional": True}
    if each.choices:
        words = WORDS[language]
        named = [(words.get(value) or _named(texts.values.get(value, {}), value, language), value) for value in each.choices]
        first = [] if each.is_required else [(words["nothing"], "")]
        listed = [*first, (words["variable"].format(each.name), variable), *named]
        return {**made, "type": "Dropdown", "choices": [{"name": name, "value": value} for name, value in listed]}
    return {**made, "type": "Text" if each.schema.get("maxLength", 0) > LONG else "String"}


def _output(each: Field, language: str) -> dict[str, Any]:
    binding = {"type": "camunda:outputParameter", "source": f"${{{each.name}}}"}
    return {**_shown(each, language), "group": "output", "type": "String", "value": each.name, "optional": True, "binding": binding}


def _shown(each: Field, language: str) -> dict[str, Any]:
    help_ = each.said.get("help", {})
    return {"label": _named(each.said, each.name, language), "description": help_.get(language) or help_.get("en", "")}


def _named(said: Said, name: str, language: str) -> str:
    return str(said.get(language) or said.get("en") or name)


def _fields(topic: str, schema: Mapping[str, Any], texts: Texts) -> Iterable[Field]:
    required, known = schema.get("required", ()), schema.get("$defs", {})
    for name, found in schema.get("properties", {}).items():
        yield Field(name, _resolved(found, known), texts.of_field(topic, name), name in required)


def _resolved(schema: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema without references, and without the null of an optional value."""
    made = dict(schema)
    options = [each for each in made.pop("anyOf", ()) if each.get("type") != "null"]
    if len(options) == 1:
        made |= _resolved(options[0], known)
    reference = made.pop("$ref", None)
    return made if reference is None else {**known[reference.rpartition("/")[2]], **made}

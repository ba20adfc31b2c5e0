import json

import pytest

from engine.definitions import read_files
from tests.definitions.drawing import told

FIELD = {"type": "textfield", "key": "summary", "label": "Summary"}


def form(*components, **more) -> bytes:
    return json.dumps({"id": "triage", "type": "default", "components": list(components), **more}).encode()


def test_a_form_is_read_with_every_supported_component():
    choices = {"values": [{"label": "High", "value": "high"}, {"label": "Low", "value": "low"}]}
    kinds = ["textarea", "number", "datetime", "checkbox"]
    components = [{"type": kind, "key": f"{kind}_1"} for kind in kinds]
    components += [{"type": kind, "key": f"{kind}_1", **choices} for kind in ("radio", "select", "checklist", "taglist")]
    components += [{"type": kind} for kind in ("text", "separator", "spacer", "button")]
    components += [{"type": "group", "components": [FIELD | {"conditional": {"hide": "=number_1 > 3"}}]}]
    read = read_files({"triage.form": form(*components)})
    assert read.problems == ()
    assert [each.id for each in read.forms] == ["triage"]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"id": "triage"}',
        b"[" * 100_000,
        form("text"),
        form({"type": "teleport", "id": "a"}),
        form({"type": "filepicker", "key": "a"}),
        form({"type": "textfield"}),
        form({"type": "textfield", "key": "1st"}),
        form(FIELD, FIELD),
        form(FIELD, {"type": "group", "components": [FIELD]}),
        form({"type": "select", "key": "a"}),
        form({"type": "select", "key": "a", "values": [{"value": "x"}, {"value": "x"}]}),
        form(FIELD | {"validate": {"pattern": "("}}),
    ],
)
def test_a_form_that_the_server_could_not_check_is_refused(content):
    assert [rule for rule, _ in told(content, name="triage.form")] == ["form"]


def test_a_condition_of_a_field_must_be_readable():
    assert told(form(FIELD | {"id": "f1", "conditional": {"hide": "=a >"}}), name="triage.form") == [("expression", "f1")]


def test_two_forms_with_one_id_are_refused():
    problems = read_files({"a.form": form(FIELD), "b.form": form(FIELD)}).problems
    assert [(each.rule, each.file) for each in problems] == [("duplicate-key", "b.form")]

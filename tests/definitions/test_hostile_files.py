import time

import pytest

from engine.definitions import read_files
from tests.definitions.drawing import GOOD, HEAD, drawing, line, told

LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]>\n<x>&a9;</x>'.encode()
ATTRIBUTES = " ".join(f'a{n}=""' for n in range(5000))
QUADRATIC = ('<!DOCTYPE x [<!ENTITY a "' + "A" * 100_000 + '">]><x>' + "&a;" * 100_000 + "</x>").encode()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "not-xml"),
        (b"<bpmn", "not-xml"),
        (b"\x00\x01\x02", "not-xml"),
        (GOOD + b"<more/>", "not-xml"),
        (GOOD.replace(b"Review", b"Re\x00view"), "not-xml"),
        (b'<?xml version="1.0" encoding="utf-16"?>' + GOOD, "not-xml"),
        (b'<?xml version="1.0" encoding="utf-8"?>' + GOOD.replace(b"Review", b"\xff\xfe"), "not-xml"),
        (b'<?xml version="1.0" encoding="no-such"?>' + GOOD, "not-xml"),
        (GOOD.replace(b"Review", b"&nothing;"), "not-xml"),
        (BOMB, "not-xml"),
        (QUADRATIC, "not-xml"),
        (b"<!DOCTYPE x [<!ELEMENT x ANY>]><x/>", "doctype"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "doctype"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "doctype"),
        (b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd">%p;]><x/>', "doctype"),
        (b"<a>" * 120 + b"</a>" * 120, "too-deep"),
        (b"<a>" * 5000 + b"</a>" * 5000, "not-xml"),
        (b"<a>" + b"<b/>" * 600_000 + b"</a>", "too-large"),
        (line(f'a|<bpmn:task id="a" {ATTRIBUTES}/>'), "too-large"),
        (line(f'a|<bpmn:userTask id="a" camunda:assignee="b" camunda:candidateGroups="{"a," * 1_000_000}"/>'), "too-long"),
        (line(f'a|<bpmn:userTask id="a" camunda:candidateUsers="b" camunda:assignee="{"x${" * 1_000_000}"/>'), "too-long"),
        (line(f'a|<bpmn:scriptTask id="a"><bpmn:script>{"b = 1;" * 1_000_000}</bpmn:script></bpmn:scriptTask>'), "too-long"),
        (b"<html/>", "not-bpmn"),
        (b'<definitions xmlns="http://www.omg.org/spec/DMN/20191111/MODEL/"/>', "not-bpmn"),
        (HEAD.encode() + b"</bpmn:definitions>", "not-executable"),
    ],
)
def test_a_file_that_is_no_diagram_is_refused_at_once(content, rule):
    began = time.monotonic()
    problems = read_files({"bad.bpmn": content}).problems
    assert [problem.rule for problem in problems] == [rule]
    assert problems[0].file == "bad.bpmn"
    assert problems[0].hint
    assert time.monotonic() - began < 2


def test_the_refusal_names_the_line():
    (problem,) = read_files({"bad.bpmn": b"<a>\n<b>\n</a>"}).problems
    assert problem.line == 3
    (problem,) = read_files({"bad.bpmn": b"<!-- one -->\n<!DOCTYPE x>\n<x/>"}).problems
    assert (problem.rule, problem.line) == ("doctype", 2)


def test_an_external_entity_is_never_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    text = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]><x>&e;</x>'
    assert "the secret" not in str(read_files({"bad.bpmn": text.encode()}).problems)


def test_a_file_over_ten_million_bytes_is_refused_before_it_is_read():
    for name in ("big.bpmn", "big.dmn", "big.form"):
        (problem,) = read_files({name: b" " * 10_000_001}).problems
        assert (problem.rule, problem.file) == ("too-large", name)
    (problem,) = read_files({"small.bpmn": GOOD}, most_bytes=100).problems
    assert problem.rule == "too-large"


def test_a_file_of_another_kind_is_refused():
    (problem,) = read_files({"run.exe": b"MZ"}).problems
    assert (problem.rule, problem.file) == ("file-kind", "run.exe")


def test_a_diagram_in_another_encoding_is_read():
    text = GOOD.decode().replace('name="Review"', 'name="审批"')
    for encoding in ("utf-8", "utf-16", "gbk"):
        content = f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)
        assert read_files({"small.bpmn": content}).processes[0].scope.nodes["review"].name == "审批"


def test_a_comment_inside_a_text_hides_nothing():
    script = '<bpmn:scriptTask id="count"><bpmn:script>a = 1<!-- and -->; b = 2</bpmn:script></bpmn:scriptTask>'
    body = '<bpmn:startEvent id="start"/>' + script + '<bpmn:sequenceFlow id="f" sourceRef="start" targetRef="count"/>'
    assert read_files({"s.bpmn": drawing(body)}).processes[0].scope.nodes["count"].assignments == (("a", "1"), ("b", "2"))


def test_a_long_chain_is_read_in_linear_time():
    nodes = "".join(f'<bpmn:scriptTask id="n{n}"><bpmn:script>a = {n}</bpmn:script></bpmn:scriptTask>' for n in range(4000))
    ways = "".join(f'<bpmn:sequenceFlow id="w{n}" sourceRef="n{n}" targetRef="n{n + 1}"/>' for n in range(3999))
    first = '<bpmn:startEvent id="start"/><bpmn:sequenceFlow id="w" sourceRef="start" targetRef="n0"/>'
    began = time.monotonic()
    assert told(drawing(first + nodes + ways)) == []
    assert time.monotonic() - began < 5

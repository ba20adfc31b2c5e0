"""Every rule of the diagrams, each broken once by a small diagram: (rule, element) is what must be told, and nothing else."""

import pytest

from engine.definitions import lint, read_files
from tests.definitions.drawing import (
    END,
    GOOD,
    MESSAGE,
    REVIEW,
    START,
    TIMER,
    drawing,
    extended,
    flows,
    line,
    told,
)

MESSAGE_EVENT = '<bpmn:messageEventDefinition messageRef="m_reply"/>'
ERROR = "<bpmn:errorEventDefinition/>"
LINK = '<bpmn:linkEventDefinition name="on"/>'
CANCEL = "<bpmn:cancelEventDefinition/>"
COMPENSATE = "<bpmn:compensateEventDefinition/>"
CHOICE = '<bpmn:exclusiveGateway id="ask"/>'
TWO_ENDS = f"{END}<bpmn:endEvent id='other'/>"
IF = '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${n &gt; 1}</bpmn:conditionExpression>'


def catch(element: str, event: str) -> str:
    return f'<bpmn:intermediateCatchEvent id="{element}">{event}</bpmn:intermediateCatchEvent>'


def throw(element: str, event: str) -> str:
    return f'<bpmn:intermediateThrowEvent id="{element}">{event}</bpmn:intermediateThrowEvent>'


def boundary(element: str, host: str, event: str, more: str = "") -> str:
    return f'<bpmn:boundaryEvent id="{element}" attachedToRef="{host}" {more}>{event}</bpmn:boundaryEvent>'


def sub(element: str, inside: str, more: str = "", kind: str = "subProcess") -> str:
    return f'<bpmn:{kind} id="{element}" {more}>{inside}</bpmn:{kind}>'


def way(element: str, source: str, target: str, condition: str = "") -> str:
    return f'<bpmn:sequenceFlow id="{element}" sourceRef="{source}" targetRef="{target}">{condition}</bpmn:sequenceFlow>'


def form_of(*fields: str) -> bytes:
    inside = "".join(f"<camunda:formField {field}/>" for field in fields)
    return line(
        f'a|<bpmn:userTask id="a" camunda:assignee="ann">{extended(f"<camunda:formData>{inside}</camunda:formData>")}</bpmn:userTask>'
    )


INNER = '<bpmn:startEvent id="in"/><bpmn:endEvent id="out"/><bpmn:sequenceFlow id="io" sourceRef="in" targetRef="out"/>'
TIMED = INNER.replace("/>", f">{TIMER}</bpmn:startEvent>", 1)

STRUCTURE = {
    "two elements with one id": (drawing(START + REVIEW + REVIEW + END + flows("start>review review>end")), [("duplicate-id", "review")]),
    "an id that is no name": (line('1st|<bpmn:task id="1st"/>'), [("id", "1st")]),
    "a flow without target": (
        drawing(START + END + flows("start>end") + '<bpmn:sequenceFlow id="lost" sourceRef="start"/>'),
        [("required", "lost"), ("flow-end", "lost")],
    ),
    "a node without id": (drawing(START + END + flows("start>end") + "<bpmn:task/>"), [("required", "small"), ("unreachable", "")]),
    "a flow to nowhere": (drawing(START + END + flows("start>end start>gone")), [("flow-end", "f1")]),
    "a flow out of a subprocess": (line(f"part|{sub('part', INNER)}", more=way("leak", "in", "end")), [("flow-end", "leak")]),
    "a listed flow that is not there": (
        drawing(START + '<bpmn:endEvent id="end"><bpmn:incoming>gone</bpmn:incoming></bpmn:endEvent>' + flows("start>end")),
        [("reference", "end")],
    ),
    "a lane that lists nobody": (
        line(more='<bpmn:laneSet><bpmn:lane id="desk"><bpmn:flowNodeRef>gone</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'),
        [("reference", "desk")],
    ),
    "a boolean that is none": (
        line('a|<bpmn:receiveTask id="a" messageRef="m_reply" instantiate="yes"/>', roots=MESSAGE),
        [("value", "a")],
    ),
    "a loop maximum that is no number": (
        line('a|<bpmn:task id="a"><bpmn:standardLoopCharacteristics loopMaximum="many"/></bpmn:task>'),
        [("value", "a")],
    ),
    "a gateway that turns otherwise": (
        drawing(
            START
            + '<bpmn:exclusiveGateway id="ask" gatewayDirection="Converging" default="f1"/>'
            + TWO_ENDS
            + flows("start>ask ask>end")
            + way("w", "ask", "other", IF)
        ),
        [("gateway-direction", "ask")],
    ),
    "a name of 300 characters": (line(f'a|<bpmn:task id="a" name="{"x" * 300}"/>'), [("too-long", "a")]),
    "a topic of 300 characters": (
        line(f'a|<bpmn:serviceTask id="a" camunda:type="external" camunda:topic="{"x" * 300}"/>'),
        [("too-long", "a")],
    ),
    "no executable process": (GOOD.replace(b'isExecutable="true"', b'isExecutable="false"'), [("not-executable", "")]),
}
UNSUPPORTED = {
    "a complex gateway": '<bpmn:complexGateway id="a"/>',
    "an ad hoc subprocess": '<bpmn:adHocSubProcess id="a"/>',
    "a choreography call": '<bpmn:callChoreography id="a"/>',
    "an unknown node": '<bpmn:teleport id="a"/>',
    "a start quantity": '<bpmn:task id="a" startQuantity="2"/>',
    "a completion quantity": '<bpmn:task id="a" completionQuantity="2"/>',
    "an instantiating receive task": '<bpmn:receiveTask id="a" messageRef="m_reply" instantiate="true"/>',
    "an instantiating event gateway": '<bpmn:eventBasedGateway id="a" instantiate="true"/>',
    "a parallel event gateway": '<bpmn:eventBasedGateway id="a" eventGatewayType="Parallel"/>',
    "a BPMN performer": '<bpmn:userTask id="a" camunda:assignee="ann"><bpmn:humanPerformer/></bpmn:userTask>',
    "a data association that computes": '<bpmn:task id="a">'
    "<bpmn:dataInputAssociation><bpmn:assignment/></bpmn:dataInputAssociation></bpmn:task>",
}
FLOW = {
    "no start event": (drawing(REVIEW), [("no-start", "small"), ("unreachable", "review")]),
    "two none start events": (
        drawing(START + '<bpmn:startEvent id="again"/>' + END + flows("start>end again>end")),
        [("many-starts", "small")],
    ),
    "a subprocess without start": (line(f"part|{sub('part', REVIEW)}"), [("subprocess-start", "part"), ("unreachable", "review")]),
    "a subprocess that starts with a timer": (line("part|" + sub("part", TIMED)), [("subprocess-start", "part")]),
    "an unreachable node": (line(more=REVIEW), [("unreachable", "review")]),
    "two unreachable nodes in a ring": (
        line(more=REVIEW + '<bpmn:manualTask id="b" camunda:assignee="ann"/>' + way("x", "review", "b") + way("y", "b", "review")),
        [("unreachable", "review"), ("unreachable", "b")],
    ),
    "a flow into a start": (drawing(START + REVIEW + END + flows("start>review review>end review>start")), [("flow-into-start", "start")]),
    "a flow out of an end": (drawing(START + END + REVIEW + flows("start>end end>review")), [("flow-out-of-end", "end")]),
    "an exclusive gateway without conditions": (
        drawing(START + CHOICE + TWO_ENDS + flows("start>ask ask>end ask>other")),
        [("ambiguous-choice", "ask")],
    ),
    "a default flow of somebody else": (
        drawing(START + '<bpmn:exclusiveGateway id="ask" default="f0"/>' + END + flows("start>ask ask>end")),
        [("default-flow", "ask")],
    ),
    "a default flow with a condition": (
        drawing(START + '<bpmn:exclusiveGateway id="ask" default="w"/>' + END + flows("start>ask") + way("w", "ask", "end", IF)),
        [("default-flow", "ask")],
    ),
    "a default flow of a parallel gateway": (
        drawing(START + '<bpmn:parallelGateway id="ask" default="f1"/>' + END + flows("start>ask ask>end")),
        [("default-flow", "ask")],
    ),
    "a condition after a parallel gateway": (
        drawing(START + '<bpmn:parallelGateway id="fork"/>' + END + flows("start>fork") + way("w", "fork", "end", IF)),
        [("condition-ignored", "w")],
    ),
    "a loop without end": (drawing(START + '<bpmn:task id="a"/><bpmn:task id="b"/>' + flows("start>a a>b b>a")), [("endless-loop", "a")]),
    "a node that follows itself": (drawing(START + '<bpmn:task id="a"/>' + flows("start>a a>a")), [("endless-loop", "a")]),
    "a loop through links": (
        drawing(START + throw("away", LINK) + catch("back", LINK) + '<bpmn:exclusiveGateway id="m"/>' + flows("start>m m>away back>m")),
        [("endless-loop", "away")],
    ),
    "an event gateway with one way": (
        line('which|<bpmn:eventBasedGateway id="which"/>', f"wait|{catch('wait', TIMER)}"),
        [("event-gateway", "which")],
    ),
    "an event gateway before a task": (
        drawing(
            START
            + '<bpmn:eventBasedGateway id="which"/>'
            + catch("wait", TIMER)
            + REVIEW
            + END
            + flows("start>which which>wait which>review wait>end review>end")
        ),
        [("event-gateway", "which")],
    ),
    "an event that two gateways share": (
        drawing(
            START
            + '<bpmn:eventBasedGateway id="which"/>'
            + catch("wait", TIMER)
            + catch("wait_too", TIMER)
            + END
            + flows("start>which which>wait which>wait_too wait>end wait_too>wait")
        ),
        [("event-gateway", "which")],
    ),
}
EVENTS = {
    "a start by an error": (
        drawing(f'<bpmn:startEvent id="start">{ERROR}</bpmn:startEvent>{END}{flows("start>end")}'),
        [("event-place", "start")],
    ),
    "a catch of an error": (line(f"a|{catch('a', ERROR)}"), [("event-place", "a")]),
    "a catch of nothing": (line(f"a|{catch('a', '')}"), [("event-place", "a")]),
    "a throw of a timer": (line(f"a|{throw('a', TIMER)}"), [("event-place", "a")]),
    "a boundary event of nothing": (line(f"review|{REVIEW}", more=boundary("late", "review", "")), [("event-place", "late")]),
    "a boundary event on nothing": (line(more=boundary("late", "gone", TIMER)), [("boundary", "late"), ("unreachable", "late")]),
    "a boundary event on a gateway": (
        line('ask|<bpmn:exclusiveGateway id="ask"/>', more=boundary("late", "ask", TIMER)),
        [("boundary", "late")],
    ),
    "a flow into a boundary event": (
        line(f"review|{REVIEW}", more=boundary("late", "review", TIMER) + way("w", "review", "late")),
        [("boundary", "late")],
    ),
    "an error that does not interrupt": (
        line(f"review|{REVIEW}", more=boundary("broken", "review", ERROR, 'cancelActivity="false"')),
        [("boundary", "broken")],
    ),
    "a boundary event of a timer and an error": (
        line(f"review|{REVIEW}", more=boundary("late", "review", TIMER + ERROR)),
        [("event-mix", "late")],
    ),
    "a link without catch": (drawing(START + throw("a", LINK) + flows("start>a")), [("link", "a")]),
    "a link without throw": (line(more=catch("a", LINK)), [("link", "a"), ("unreachable", "a")]),
    "a link with two catches": (
        drawing(START + throw("a", LINK) + catch("b", LINK) + catch("c", LINK) + END + flows("start>a b>end c>end")),
        [("link", "a")],
    ),
    "an event subprocess with flows": (
        line("part|" + sub("part", TIMED, 'triggeredByEvent="true"')),
        [("event-subprocess", "part")],
    ),
    "an event subprocess without event": (line(more=sub("part", INNER, 'triggeredByEvent="true"')), [("subprocess-start", "part")]),
    "an error start that does not interrupt": (
        line(
            more=sub(
                "part",
                INNER.replace('id="in"/>', f'id="in" isInterrupting="false">{ERROR}</bpmn:startEvent>', 1),
                'triggeredByEvent="true"',
            )
        ),
        [("event-subprocess", "in")],
    ),
    "a cancel end outside a transaction": (
        drawing(f'{START}<bpmn:endEvent id="end">{CANCEL}</bpmn:endEvent>{flows("start>end")}'),
        [("cancel", "end")],
    ),
    "a cancel boundary on a task": (line(f"review|{REVIEW}", more=boundary("off", "review", CANCEL)), [("cancel", "off")]),
    "a transaction that cancels into nothing": (
        line("deal|" + sub("deal", INNER.replace('id="out"/>', f'id="out">{CANCEL}</bpmn:endEvent>'), kind="transaction")),
        [("cancel", "deal")],
    ),
    "a compensation without handler": (line(f"review|{REVIEW}", more=boundary("undo", "review", COMPENSATE)), [("compensation", "undo")]),
    "a handler that undoes nothing": (line(more='<bpmn:task id="undo" isForCompensation="true"/>'), [("compensation", "undo")]),
    "a handler that is not marked": (
        line(
            f"review|{REVIEW}",
            more=boundary("undo", "review", COMPENSATE)
            + '<bpmn:task id="fix"/><bpmn:association id="as" sourceRef="undo" targetRef="fix"/>',
        ),
        [("compensation", "review"), ("unreachable", "fix")],
    ),
    "a compensation of what cannot be undone": (
        line(f"review|{REVIEW}", "back|" + throw("back", '<bpmn:compensateEventDefinition activityRef="review"/>')),
        [("compensation", "back")],
    ),
    "a message that is not there": (line(f"a|{catch('a', MESSAGE_EVENT)}"), [("reference", "a")]),
    "a receive task without message": (line('a|<bpmn:receiveTask id="a"/>'), [("reference", "a")]),
    "a signal that is not there": (line("a|" + throw("a", '<bpmn:signalEventDefinition signalRef="gone"/>')), [("reference", "a")]),
    "an error end without error": (
        drawing(f'{START}<bpmn:endEvent id="end">{ERROR}</bpmn:endEvent>{flows("start>end")}'),
        [("reference", "end")],
    ),
    "an event definition that is not there": (
        line(f"a|{catch('a', '<bpmn:eventDefinitionRef>gone</bpmn:eventDefinitionRef>')}"),
        [("reference", "a"), ("event-place", "a")],
    ),
    "a timer that says nothing": (line(f"a|{catch('a', '<bpmn:timerEventDefinition/>')}"), [("timer", "a")]),
    "a timer that runs backwards": (line(f"a|{catch('a', TIMER.replace('PT4H', '-PT5M'))}"), [("timer", "a")]),
    "a timer that says two times": (
        line(f"a|{catch('a', TIMER.replace('</bpmn:timerE', '<bpmn:timeDate>2027-01-01</bpmn:timeDate></bpmn:timerE'))}"),
        [("said-twice", "a")],
    ),
    "a cycle of no times": (
        line(f"a|{catch('a', TIMER.replace('timeDuration', 'timeCycle').replace('PT4H', 'R0/PT1H'))}"),
        [("timer", "a")],
    ),
    "a boundary event with parameters": (
        line(
            f"review|{REVIEW}",
            more=boundary(
                "late",
                "review",
                extended('<camunda:inputOutput><camunda:outputParameter name="x">1</camunda:outputParameter></camunda:inputOutput>')
                + TIMER,
            ),
        ),
        [("boundary", "late")],
    ),
    "a timer without unit": (line(f"a|{catch('a', TIMER.replace('PT4H', 'PT1H30'))}"), [("timer", "a")]),
    "a condition that says nothing": (
        line(f"a|{catch('a', '<bpmn:conditionalEventDefinition><bpmn:condition/></bpmn:conditionalEventDefinition>')}"),
        [("event", "a")],
    ),
    "a start by a message with a variable in its name": (
        drawing(
            f'<bpmn:startEvent id="start">{MESSAGE_EVENT}</bpmn:startEvent>{END}{flows("start>end")}',
            roots='<bpmn:message id="m_reply" name="reply-${customer}"/>',
        ),
        [("start-value", "start")],
    ),
}
WORK = {
    "a user task that nobody may do": (line('a|<bpmn:userTask id="a"/>'), [("nobody", "a")]),
    "a manual task that nobody may do": (line('a|<bpmn:manualTask id="a"/>'), [("nobody", "a")]),
    "a service task without topic": (line('a|<bpmn:serviceTask id="a"/>'), [("no-topic", "a")]),
    "a rule task without decision": (line('a|<bpmn:businessRuleTask id="a"/>'), [("no-decision", "a")]),
    "a call of nothing": (line('a|<bpmn:callActivity id="a"/>'), [("no-called-element", "a")]),
    "a script that does nothing": (line('a|<bpmn:scriptTask id="a"/>'), [("script", "a")]),
    "a script that does more than assign": (
        line('a|<bpmn:scriptTask id="a"><bpmn:script>import os</bpmn:script></bpmn:scriptTask>'),
        [("script", "a")],
    ),
    "a condition that is no expression": (
        drawing(START + CHOICE + END + flows("start>ask") + way("w", "ask", "end", IF.replace("n &gt; 1", "n &gt;"))),
        [("expression", "w")],
    ),
    "a condition that runs a command": (
        drawing(START + CHOICE + END + flows("start>ask") + way("w", "ask", "end", IF.replace("n &gt; 1", "__import__('os')"))),
        [("expression", "w")],
    ),
    "an assignee that is no expression": (line('a|<bpmn:userTask id="a" camunda:assignee="${a b}"/>'), [("expression", "a")]),
    "a retry cycle that is none": (
        line(
            'a|<bpmn:serviceTask id="a" camunda:type="external" camunda:topic="mail.send">'
            + extended("<camunda:failedJobRetryTimeCycle>often</camunda:failedJobRetryTimeCycle>")
            + "</bpmn:serviceTask>"
        ),
        [("retry-cycle", "a")],
    ),
    "a multi-instance over nothing": (
        line('a|<bpmn:task id="a"><bpmn:multiInstanceLoopCharacteristics/></bpmn:task>'),
        [("multi-instance", "a")],
    ),
    "a multi-instance that throws": (
        line('a|<bpmn:task id="a"><bpmn:multiInstanceLoopCharacteristics behavior="One" camunda:collection="x"/></bpmn:task>'),
        [("multi-instance-behavior", "a")],
    ),
    "a parameter without a name": (
        line('a|<bpmn:task id="a">' + extended("<camunda:inputOutput><camunda:inputParameter/></camunda:inputOutput>") + "</bpmn:task>"),
        [("parameter", "a")],
    ),
    "a parameter twice": (
        line(
            'a|<bpmn:task id="a">'
            + extended(
                "<camunda:inputOutput>" + 2 * '<camunda:inputParameter name="x">1</camunda:inputParameter>' + "</camunda:inputOutput>"
            )
            + "</bpmn:task>"
        ),
        [("parameter", "a")],
    ),
    "extension elements twice": (line(f'a|<bpmn:task id="a">{extended() * 2}</bpmn:task>'), [("said-twice", "a")]),
    "parameters twice": (line(f'a|<bpmn:task id="a">{extended("<camunda:inputOutput/>" * 2)}</bpmn:task>'), [("said-twice", "a")]),
    "two loops on one task": (
        line(
            'a|<bpmn:task id="a"><bpmn:standardLoopCharacteristics loopMaximum="2"/>'
            '<bpmn:multiInstanceLoopCharacteristics camunda:collection="x"/></bpmn:task>'
        ),
        [("said-twice", "a")],
    ),
    "a form field with a blank in its name": (form_of('id="my field" type="string"'), [("form", "a")]),
    "a form field twice": (form_of('id="x" type="string"', 'id="x" type="long"'), [("form", "a")]),
    "a form field of an unknown type": (form_of('id="x" type="money"'), [("form", "a")]),
    "a form field that chooses from nothing": (form_of('id="x" type="enum"'), [("form", "a")]),
    "a call mapping without target": (
        line('a|<bpmn:callActivity id="a" calledElement="b">' + extended('<camunda:in source="x"/>') + "</bpmn:callActivity>"),
        [("parameter", "a")],
    ),
}
FOREIGN = {
    "a Java class": '<bpmn:serviceTask id="a" camunda:class="org.example.Send"/>',
    "a delegate": '<bpmn:serviceTask id="a" camunda:delegateExpression="${sender}"/>',
    "an expression to call": '<bpmn:serviceTask id="a" camunda:expression="${sender.send()}"/>',
    "a script from outside": '<bpmn:scriptTask id="a" camunda:resource="a.js"><bpmn:script>b = 1</bpmn:script></bpmn:scriptTask>',
    "JavaScript": '<bpmn:scriptTask id="a" scriptFormat="javascript"><bpmn:script>b = 1</bpmn:script></bpmn:scriptTask>',
    "Groovy": '<bpmn:scriptTask id="a" scriptFormat="groovy"><bpmn:script>b = 1</bpmn:script></bpmn:scriptTask>',
    "an execution listener": '<bpmn:task id="a">' + extended("<camunda:executionListener event='start' expression='x'/>") + "</bpmn:task>",
    "a task listener": '<bpmn:userTask id="a" camunda:assignee="ann">'
    + extended("<camunda:taskListener event='create' expression='x'/>")
    + "</bpmn:userTask>",
    "a connector": '<bpmn:task id="a">' + extended("<camunda:connector/>") + "</bpmn:task>",
    "a script in a parameter": '<bpmn:task id="a">'
    + extended(
        '<camunda:inputOutput><camunda:inputParameter name="b"><camunda:script scriptFormat="groovy">1</camunda:script>'
        "</camunda:inputParameter></camunda:inputOutput>"
    )
    + "</bpmn:task>",
    "a validator class": '<bpmn:userTask id="a" camunda:assignee="ann">'
    + extended(
        '<camunda:formData><camunda:formField id="b" type="string"><camunda:validation>'
        '<camunda:constraint name="validator" config="org.example.V"/></camunda:validation></camunda:formField></camunda:formData>'
    )
    + "</bpmn:userTask>",
}
UNREAD = {
    "another type of service": '<bpmn:serviceTask id="a" camunda:type="mail" camunda:topic="x.y"/>',
    "an unknown attribute": '<bpmn:task id="a" camunda:teleport="true"/>',
    "an unknown extension": '<bpmn:task id="a">' + extended("<camunda:teleport/>") + "</bpmn:task>",
    "an error expression": '<bpmn:task id="a">' + extended("<camunda:errorEventDefinition/>") + "</bpmn:task>",
    "zeebe headers": '<bpmn:task id="a">' + extended("<zeebe:taskHeaders/>") + "</bpmn:task>",
    "a version binding": '<bpmn:callActivity id="a" calledElement="b" camunda:calledElementBinding="version"/>',
    "a version tag binding": '<bpmn:callActivity id="a">'
    + extended("<zeebe:calledElement processId='b' bindingType='versionTag'/>")
    + "</bpmn:callActivity>",
    "an unknown shape of a decision": '<bpmn:businessRuleTask id="a" camunda:decisionRef="b" camunda:mapDecisionResult="soup"/>',
    "a business key of its own": '<bpmn:callActivity id="a" calledElement="b">'
    + extended('<camunda:in businessKey="${x}"/>')
    + "</bpmn:callActivity>",
    "an embedded HTML form": '<bpmn:userTask id="a" camunda:assignee="ann" camunda:formKey="embedded:app:forms/a.html"/>',
    "extensions of Flowable": '<bpmn:userTask id="a" camunda:assignee="ann" xmlns:f="http://flowable.org/bpmn" f:assignee="bob"/>',
}


@pytest.mark.parametrize(
    ("content", "expected"),
    [*STRUCTURE.values(), *FLOW.values(), *EVENTS.values(), *WORK.values()],
    ids=[*STRUCTURE, *FLOW, *EVENTS, *WORK],
)
def test_a_wrong_diagram_is_refused_by_its_rule(content, expected):
    assert sorted(told(content)) == sorted(expected)


@pytest.mark.parametrize("node", UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_is_not_run_is_refused_by_name(node):
    assert ("unsupported", "a") in told(line(f"a|{node}", roots=MESSAGE))


@pytest.mark.parametrize("node", FOREIGN.values(), ids=FOREIGN)
def test_foreign_code_is_refused_by_name(node):
    assert ("foreign-code", "a") in told(line(f"a|{node}"))


@pytest.mark.parametrize("node", UNREAD.values(), ids=UNREAD)
def test_an_extension_that_nobody_reads_is_refused_by_name(node):
    assert told(line(f"a|{node}")) == [("unsupported", "a")]


@pytest.mark.parametrize("tag", ["choreography", "globalUserTask", "conversation"])
def test_other_kinds_of_model_in_the_file_are_refused(tag):
    assert told(GOOD.replace(b"<bpmn:process", f'<bpmn:{tag} id="a"/><bpmn:process'.encode())) == [("unsupported", "a")]


def test_all_problems_are_told_at_once_with_file_line_and_hint():
    content = line('a|<bpmn:userTask id="a"/>', 'b|<bpmn:serviceTask id="b"/>', 'c|<bpmn:complexGateway id="c"/>')
    problems = read_files({"one.bpmn": content, "two.bpmn": b"<a>"}).problems
    assert [(each.file, each.rule, each.element) for each in problems if each.rule != "flow-end"] == [
        ("one.bpmn", "unsupported", "c"),
        ("two.bpmn", "not-xml", ""),
        ("one.bpmn", "nobody", "a"),
        ("one.bpmn", "no-topic", "b"),
        ("one.bpmn", "unreachable", "end"),
    ]
    assert all(each.line and each.message and each.hint for each in problems)
    assert str(problems[0]).startswith(f"one.bpmn:{problems[0].line}: c: 'c': complex gateways are not run.")


def test_one_key_in_two_files_is_refused():
    problems = read_files({"one.bpmn": GOOD, "two.bpmn": GOOD}).problems
    assert [(each.rule, each.file, each.element) for each in problems] == [("duplicate-key", "two.bpmn", "small")]


@pytest.mark.parametrize(
    ("node", "rule"),
    [
        ('<bpmn:businessRuleTask id="a" camunda:decisionRef="priority"/>', "missing-decision"),
        ('<bpmn:userTask id="a" camunda:assignee="ann" camunda:formRef="triage"/>', "missing-form"),
        ('<bpmn:callActivity id="a" calledElement="escalation"/>', "missing-process"),
        ('<bpmn:serviceTask id="a" camunda:type="external" camunda:topic="incident.set_prority"/>', "unknown-topic"),
    ],
)
def test_what_a_process_needs_must_be_there(node, rule):
    (problem,) = lint({"small.bpmn": line(f"a|{node}")}, {"incident.set_priority"})
    assert (problem.rule, problem.element) == (rule, "a")
    if rule == "unknown-topic":
        assert "incident.set_priority" in problem.hint


def test_a_start_event_with_generated_form_fields_is_refused():
    field = extended('<camunda:formData><camunda:formField id="x" type="long"/></camunda:formData>')
    assert told(GOOD.replace(b'<bpmn:startEvent id="start"/>', f'<bpmn:startEvent id="start">{field}</bpmn:startEvent>'.encode())) == [
        ("unsupported", "start")
    ]


def test_a_pool_that_is_not_executable_cannot_be_called():
    other = '<bpmn:process id="other" isExecutable="false"><bpmn:startEvent id="other_start"/></bpmn:process><bpmn:process id="small"'
    content = line('a|<bpmn:callActivity id="a" calledElement="other"/>').replace(b'<bpmn:process id="small"', other.encode())
    assert [(each.rule, each.element) for each in lint({"small.bpmn": content})] == [("missing-process", "a")]


def test_a_topic_of_an_external_worker_is_allowed_where_external_workers_are():
    files = {"small.bpmn": line('a|<bpmn:serviceTask id="a" camunda:type="external" camunda:topic="billing.charge"/>')}
    assert lint(files, {"incident.set_priority"}) == ()
    assert [each.rule for each in lint(files, {"incident.set_priority"}, external_topics_allowed=False)] == ["unknown-topic"]


def test_a_good_diagram_has_no_problem():
    assert lint({"small.bpmn": GOOD}, set()) == ()

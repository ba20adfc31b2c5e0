"""Small diagrams for the tests of the runtime, written as a modeler writes them."""

from __future__ import annotations

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="http://bpmn.io/schema/bpmn" id="tests">'
)


def diagram(key: str, *nodes: str, flows: str, roots: str = "", attributes: str = "") -> bytes:
    """Return a BPMN file with one process; `flows` lists pairs such as "start>review review>end"."""
    pairs = [pair.split(">") for pair in flows.split()]
    arrows = "".join(f'<bpmn:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(pairs))
    body = "".join(nodes) + arrows
    return f'{HEAD}{roots}<bpmn:process id="{key}" isExecutable="true" {attributes}>{body}</bpmn:process></bpmn:definitions>'.encode()


def start(event: str = "", *, element: str = "start", attributes: str = "") -> str:
    return f'<bpmn:startEvent id="{element}" {attributes}>{event}</bpmn:startEvent>'


def end(element: str = "end") -> str:
    return f'<bpmn:endEvent id="{element}"/>'


def user(element: str, *, people: str = 'camunda:candidateGroups="desk"', extra: str = "") -> str:
    return f'<bpmn:userTask id="{element}" name="{element.replace("_", " ").capitalize()}" {people}>{extra}</bpmn:userTask>'


def service(element: str, topic: str, *, inputs: str = "", attributes: str = "", inner: str = "") -> str:
    io = f"<bpmn:extensionElements><camunda:inputOutput>{inputs}</camunda:inputOutput></bpmn:extensionElements>" if inputs else ""
    return f'<bpmn:serviceTask id="{element}" camunda:type="external" camunda:topic="{topic}" {attributes}>{io}{inner}</bpmn:serviceTask>'


def script(element: str, code: str) -> str:
    return f'<bpmn:scriptTask id="{element}" scriptFormat="watchbill"><bpmn:script>{code}</bpmn:script></bpmn:scriptTask>'


def parallel(element: str) -> str:
    return f'<bpmn:parallelGateway id="{element}"/>'


def boundary(element: str, host: str, event: str, *, interrupting: bool = True) -> str:
    how = str(interrupting).lower()
    return f'<bpmn:boundaryEvent id="{element}" attachedToRef="{host}" cancelActivity="{how}">{event}</bpmn:boundaryEvent>'


def catch(element: str, event: str) -> str:
    return f'<bpmn:intermediateCatchEvent id="{element}">{event}</bpmn:intermediateCatchEvent>'


def throw(element: str, event: str) -> str:
    return f'<bpmn:intermediateThrowEvent id="{element}">{event}</bpmn:intermediateThrowEvent>'


def timer(duration: str) -> str:
    return f'<bpmn:timerEventDefinition id="t_{duration}"><bpmn:timeDuration>{duration}</bpmn:timeDuration></bpmn:timerEventDefinition>'


def on_message(ref: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="{ref}"/>'


def on_signal(ref: str) -> str:
    return f'<bpmn:signalEventDefinition signalRef="{ref}"/>'


def on_condition(text: str) -> str:
    condition = f'<bpmn:condition xsi:type="bpmn:tFormalExpression">{text}</bpmn:condition>'
    return f"<bpmn:conditionalEventDefinition>{condition}</bpmn:conditionalEventDefinition>"


def message_root(ref: str, name: str, *, key: str | None = None, expression: str = "") -> str:
    root = f'<bpmn:message id="{ref}" name="{name}"/>'
    if key is None:
        return root
    path = f"<bpmn:messagePath>{expression}</bpmn:messagePath>"
    retrieval = f'<bpmn:correlationPropertyRetrievalExpression messageRef="{ref}">{path}</bpmn:correlationPropertyRetrievalExpression>'
    return f'{root}<bpmn:correlationProperty id="p_{ref}" name="{key}">{retrieval}</bpmn:correlationProperty>'


TWO_STEPS = diagram("two_steps", start(), user("review"), user("approve"), end(), flows="start>review review>approve approve>end")
THREE_STEPS = diagram(
    "two_steps", start(), user("review"), user("check"), user("approve"), end(), flows="start>review review>check check>approve approve>end"
)
WITHOUT_REVIEW = diagram("two_steps", start(), user("approve"), end(), flows="start>approve approve>end")
EIGHT = diagram(
    "eight",
    start(),
    parallel("split"),
    *(user(f"part_{n}") for n in range(8)),
    parallel("join"),
    end(),
    flows="start>split " + " ".join(f"split>part_{n} part_{n}>join" for n in range(8)) + " join>end",
)
LATE = diagram(
    "late",
    start(),
    user("answer"),
    boundary("overdue", "answer", timer("PT4H")),
    user("escalate"),
    end(),
    end("late_end"),
    flows="start>answer answer>end overdue>escalate escalate>late_end",
)
PAUSE = diagram("pause", start(), catch("wait", timer("PT1H")), end(), flows="start>wait wait>end")
REPLY = diagram(
    "reply",
    start(),
    catch("wait_reply", on_message("m_reply")),
    user("read_reply"),
    end(),
    flows="start>wait_reply wait_reply>read_reply read_reply>end",
    roots=message_root("m_reply", "customer.reply", key="ticket", expression="ticket"),
)
ORDERED = diagram(
    "ordered", start(on_message("m_order")), user("pack"), end(), flows="start>pack pack>end", roots=message_root("m_order", "order.placed")
)
ALARM = '<bpmn:signal id="s_alarm" name="alarm"/>'
LISTENS = diagram(
    "listens",
    start(),
    catch("wait_alarm", on_signal("s_alarm")),
    user("act"),
    end(),
    flows="start>wait_alarm wait_alarm>act act>end",
    roots=ALARM,
)
ALARMED = diagram("alarmed", start(on_signal("s_alarm")), user("muster"), end(), flows="start>muster muster>end", roots=ALARM)
ALARMS = diagram(
    "alarms", start(), throw("raise_alarm", on_signal("s_alarm")), end(), flows="start>raise_alarm raise_alarm>end", roots=ALARM
)
ORDERS = diagram(
    "orders",
    start(),
    throw("place_order", on_message("m_order")),
    end(),
    flows="start>place_order place_order>end",
    roots=message_root("m_order", "order.placed"),
)
ENDLESS = diagram(
    "endless",
    start(),
    '<bpmn:exclusiveGateway id="again" default="f1"/>',
    script("count", "n = n + 1"),
    end(),
    '<bpmn:sequenceFlow id="out" sourceRef="again" targetRef="end">'
    '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${n &lt; 0}</bpmn:conditionExpression></bpmn:sequenceFlow>',
    flows="start>again again>count count>again",
)
UNTIL = diagram(
    "until", start(), catch("ready", on_condition("${level > 3}")), user("go_on"), end(), flows="start>ready ready>go_on go_on>end"
)
DIVIDES = diagram(
    "divides",
    start(),
    user("ask"),
    script("divide", "share = 12 / people"),
    user("tell"),
    end(),
    flows="start>ask ask>divide divide>tell tell>end",
)

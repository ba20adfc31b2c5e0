"""A process diagram as plain data.

`engine.definitions` reads XML into this model (and refuses what is wrong); `engine.execution` compiles it into SpiffWorkflow specs. Every
expression in it is source text of our one expression language, already freed of `${...}`; literals that modelers write bare (`PT4H`, a
group's name) are kept as literals in `Value`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class NodeKind(StrEnum):
    """The flow nodes of BPMN 2.0 that Watchbill runs."""

    START_EVENT = "startEvent"
    END_EVENT = "endEvent"
    CATCH_EVENT = "intermediateCatchEvent"
    THROW_EVENT = "intermediateThrowEvent"
    BOUNDARY_EVENT = "boundaryEvent"
    TASK = "task"
    USER_TASK = "userTask"
    MANUAL_TASK = "manualTask"
    SCRIPT_TASK = "scriptTask"
    SERVICE_TASK = "serviceTask"
    SEND_TASK = "sendTask"
    RECEIVE_TASK = "receiveTask"
    BUSINESS_RULE_TASK = "businessRuleTask"
    CALL_ACTIVITY = "callActivity"
    SUB_PROCESS = "subProcess"
    TRANSACTION = "transaction"
    EXCLUSIVE_GATEWAY = "exclusiveGateway"
    INCLUSIVE_GATEWAY = "inclusiveGateway"
    PARALLEL_GATEWAY = "parallelGateway"
    EVENT_BASED_GATEWAY = "eventBasedGateway"


class EventKind(StrEnum):
    """What an event waits for or does."""

    NONE = "none"
    TIMER = "timer"
    MESSAGE = "message"
    SIGNAL = "signal"
    ERROR = "error"
    ESCALATION = "escalation"
    CONDITIONAL = "conditional"
    LINK = "link"
    TERMINATE = "terminate"
    COMPENSATION = "compensation"
    CANCEL = "cancel"


class TimerKind(StrEnum):
    """The three timers of BPMN 2.0."""

    DATE = "timeDate"
    DURATION = "timeDuration"
    CYCLE = "timeCycle"


@dataclass(frozen=True, slots=True)
class Value:
    """An attribute that is a literal or an expression: exactly one of the two is set."""

    literal: str | None = None
    expression: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event definition.

    `name` is the message's or signal's name (it may hold an expression); `code` an error's or escalation's code (None catches all);
    `message` is what a thrown error says; `code_variable` and `message_variable` receive a caught error's parts; `link` is a link's name;
    `activity` the activity that a compensation throw names; `timer` and `timer_kind` belong together; `payload` maps variable ->
    expression for what is thrown (empty: nothing is sent along); `topic` makes a message throw a service call instead (Camunda's
    message implementation).
    """

    kind: EventKind
    name: Value | None = None
    code: str | None = None
    message: Value | None = None
    code_variable: str | None = None
    message_variable: str | None = None
    timer_kind: TimerKind | None = None
    timer: Value | None = None
    condition: str | None = None
    link: str | None = None
    activity: str | None = None
    payload: tuple[tuple[str, str], ...] = ()
    correlation: tuple[tuple[str, str], ...] = ()
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """One in/out mapping: `target` receives the value of `expression`. `everything` stands for all variables."""

    target: str = ""
    expression: str = ""
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """How often an activity runs.

    Multi-instance: `parallel` or sequential over `collection` (an expression that yields a list) or `cardinality` times, until
    `completion` is true; each instance sees `item` and `loopCounter` (from 0), and its `output_item` (an expression) is gathered in
    instance order into the list `output_collection`. Standard loop: `standard`, `condition` is tested before the round when
    `test_before`, else after it; at most `maximum` rounds.
    """

    standard: bool = False
    parallel: bool = False
    collection: str | None = None
    cardinality: str | None = None
    item: str | None = None
    completion: str | None = None
    output_collection: str | None = None
    output_item: str | None = None
    condition: str | None = None
    test_before: bool = False
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class HumanWork:
    """What a user or manual task says about people (camunda attributes; a lane is the default candidate group).

    `due` and `follow_up` yield an ISO date-time or an ISO duration from the task's creation. `form_fields` are Camunda's generated
    form fields, as JSON-ready dicts (id, label, type, default, required, values, ...).
    """

    assignee: Value | None = None
    candidate_users: tuple[Value, ...] = ()
    candidate_groups: tuple[Value, ...] = ()
    due: Value | None = None
    follow_up: Value | None = None
    priority: Value | None = None
    form_ref: str | None = None
    form_fields: tuple[dict[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One flow node.

    `incoming` and `outgoing` are flow ids in document order. `events` has one entry per event definition (an event without any is
    NONE and has an empty tuple). `attached_to` and `interrupting` belong to boundary events (and `interrupting` to the start event of
    an event subprocess). `scope` is the inside of a subprocess. `topic` names a service or send task's handler; `decision` a business
    rule task's decision; `result_variable` what receives the answer, shaped by `map_decision_result` (singleEntry, singleResult,
    collectEntries, resultList). `assignments` is a script task as (variable, expression) pairs. `called` is a call activity's process
    key; `call_in`/`call_out` its mappings. `compensated_by` is the id of the activity that undoes this one.
    """

    id: str
    kind: NodeKind
    line: int = 0
    name: str = ""
    lane: str | None = None
    documentation: str = ""
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default: str | None = None
    events: tuple[Event, ...] = ()
    parallel_multiple: bool = False
    attached_to: str | None = None
    interrupting: bool = True
    triggered_by_event: bool = False
    for_compensation: bool = False
    compensated_by: str | None = None
    loop: Loop | None = None
    inputs: tuple[Mapping, ...] = ()
    outputs: tuple[Mapping, ...] = ()
    human: HumanWork | None = None
    topic: str | None = None
    decision: Value | None = None
    result_variable: str | None = None
    map_decision_result: str = "resultList"
    assignments: tuple[tuple[str, str], ...] = ()
    called: Value | None = None
    call_in: tuple[Mapping, ...] = ()
    call_out: tuple[Mapping, ...] = ()
    call_business_key: str | None = None
    scope: Scope | None = None
    retry_cycle: str | None = None
    async_before: bool = False
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow; `condition` is an expression or None."""

    id: str
    source: str
    target: str
    line: int = 0
    name: str = ""
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """A process or a subprocess: its nodes and flows, by id, in document order."""

    id: str
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Process:
    """One executable process of a file.

    `starter_groups`/`starter_users` may start it (empty: everyone). `initiator` is the variable that receives the starter's name.
    `data_objects` are documentation: (id, name).
    """

    key: str
    name: str
    scope: Scope
    file: str = ""
    version_tag: str | None = None
    starter_groups: tuple[str, ...] = ()
    starter_users: tuple[str, ...] = ()
    initiator: str | None = None
    start_form: str | None = None
    documentation: str = ""
    lanes: tuple[str, ...] = ()
    data_objects: tuple[tuple[str, str], ...] = ()
    properties: tuple[tuple[str, str], ...] = ()

"""Random structured diagrams: blocks inside blocks, written as a modeler would, and a random way through each.

A block is a tuple (kind, parts ...) that renders to nodes with one way in and one way out, so that every diagram can be finished: an
instance in which every task is done and every event came must have ended.
"""

from __future__ import annotations

import itertools
import random
from typing import Any

from hypothesis import strategies as st

from engine.execution.model import WaitKind
from tests.definitions.drawing import HEAD
from tests.elements.play import Play

ROOTS = (
    '<bpmn:message id="m_note" name="note"/><bpmn:signal id="s_alarm" name="alarm"/>'
    '<bpmn:error id="e_broken" errorCode="broken"/><bpmn:escalation id="e_chief" escalationCode="chief"/>'
)
EVENTS = {
    "timer": "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>",
    "message": '<bpmn:messageEventDefinition messageRef="m_note"/>',
    "signal": '<bpmn:signalEventDefinition signalRef="s_alarm"/>',
    "error": '<bpmn:errorEventDefinition errorRef="e_broken"/>',
    "escalation": '<bpmn:escalationEventDefinition escalationRef="e_chief"/>',
    "terminate": "<bpmn:terminateEventDefinition/>",
    "compensation": "<bpmn:compensateEventDefinition/>",
}
WAITED = ("timer", "message", "signal")
Block = tuple[Any, ...]


def _blocks(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    several = st.lists(inner, min_size=2, max_size=3)
    yes_or_no = st.booleans()
    return st.one_of(
        st.tuples(st.just("row"), several),
        st.tuples(st.just("parallel"), several),
        st.tuples(st.just("exclusive"), several, st.integers(0, 2)),
        st.tuples(st.just("inclusive"), several, st.integers(0, 7)),
        st.tuples(st.just("first event"), inner, inner),
        st.tuples(st.just("again"), inner, st.integers(1, 2)),
        st.tuples(st.just("sub"), inner, st.sampled_from(("", "parallel", "sequential", "standard")), st.integers(0, 3)),
        st.tuples(st.just("watched"), inner, inner, st.sampled_from(WAITED), yes_or_no),
        st.tuples(st.just("handled"), inner, inner, st.sampled_from(WAITED), yes_or_no),
        st.tuples(st.just("thrown"), inner, inner, st.sampled_from(("error", "escalation")), yes_or_no),
        st.tuples(st.just("ended"), inner, inner),
        st.tuples(st.just("undone"), inner),
        st.tuples(st.just("call"), inner),
    )


LEAVES = st.one_of(
    st.just(("task",)),
    st.tuples(st.just("tasks"), st.booleans(), st.integers(0, 3)),
    st.just(("pass",)),
    st.just(("script",)),
    st.tuples(st.just("catch"), st.sampled_from(WAITED)),
)
BLOCKS: st.SearchStrategy[Block] = st.recursive(LEAVES, _blocks, max_leaves=9)


class Drawing:
    """Renders one block as the files of a deployment: `small.bpmn`, and the processes that it calls, all in one file."""

    def __init__(self, block: Block) -> None:
        self.count = 0
        self.counters: list[str] = []
        self.processes: list[str] = []
        self._process("small", block)
        self.content = f"{HEAD}{ROOTS}{''.join(self.processes)}</bpmn:definitions>".encode()

    def _process(self, key: str, block: Block) -> None:
        self.processes.append(f'<bpmn:process id="{key}" isExecutable="true">{self._scope(block)}</bpmn:process>')

    def _name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_{self.count}"

    def _scope(self, block: Block, start: str = "", end: str = "", name: str = "start") -> str:
        """A start, a block and an end."""
        begin, finish = self._name(name), self._name("end")
        inside, first, last = self._render(block)
        ways = self._flow(begin, first) + self._flow(last, finish)
        return f'<bpmn:startEvent id="{begin}" {start}/>{inside}{self._event("endEvent", finish, end)}{ways}'

    def _flow(self, source: str, target: str, condition: str = "", name: str = "") -> str:
        inside = f"<bpmn:conditionExpression>${{{condition}}}</bpmn:conditionExpression>" if condition else ""
        return (
            f'<bpmn:sequenceFlow id="{name or self._name("flow")}" sourceRef="{source}" targetRef="{target}">{inside}</bpmn:sequenceFlow>'
        )

    def _event(self, tag: str, name: str, kind: str, more: str = "") -> str:
        return f'<bpmn:{tag} id="{name}" {more}>{EVENTS.get(kind, "")}</bpmn:{tag}>'

    def _render(self, block: Block) -> tuple[str, str, str]:
        """Return a block's XML, the node that a flow leads to, and the node from which it goes on."""
        found: tuple[str, str, str] = getattr(self, f"_{block[0].replace(' ', '_')}")(*block[1:])
        return found

    def _leaf(self, tag: str, more: str = "", inside: str = "") -> tuple[str, str, str]:
        name = self._name(tag)
        return f'<bpmn:{tag} id="{name}" {more}>{inside}</bpmn:{tag}>', name, name

    def _task(self) -> tuple[str, str, str]:
        return self._leaf("userTask", 'camunda:assignee="ann"')

    def _tasks(self, is_sequential: bool, count: int) -> tuple[str, str, str]:
        return self._leaf("userTask", 'camunda:assignee="ann"', self._repeated("sequential" if is_sequential else "parallel", count))

    def _pass(self) -> tuple[str, str, str]:
        return self._leaf("task")

    def _script(self) -> tuple[str, str, str]:
        self.counters.append(counter := self._name("counter"))
        return self._leaf("scriptTask", "", f"<bpmn:script>{counter} = {counter} + 1</bpmn:script>")

    def _catch(self, kind: str) -> tuple[str, str, str]:
        name = self._name("catch")
        return self._event("intermediateCatchEvent", name, kind), name, name

    def _repeated(self, loop: str, count: int) -> str:
        if loop == "standard":
            return f'<bpmn:standardLoopCharacteristics loopMaximum="{count + 1}"/>'
        turns = f'isSequential="{str(loop == "sequential").lower()}"'
        inside = f"<bpmn:loopCardinality>{count}</bpmn:loopCardinality>"
        return f"<bpmn:multiInstanceLoopCharacteristics {turns}>{inside}</bpmn:multiInstanceLoopCharacteristics>"

    def _row(self, blocks: list[Block]) -> tuple[str, str, str]:
        parts = [self._render(block) for block in blocks]
        ways = "".join(self._flow(one[2], two[1]) for one, two in itertools.pairwise(parts))
        return "".join(part[0] for part in parts) + ways, parts[0][1], parts[-1][2]

    def _forked(self, kind: str, blocks: list[Block], conditions: list[str], default: int | None) -> tuple[str, str, str]:
        fork, join = self._name("fork"), self._name("join")
        parts = [self._render(block) for block in blocks]
        names = [self._name("flow") for _ in parts]
        mark = "" if default is None else f'default="{names[default]}"'
        xml = f'<bpmn:{kind} id="{fork}" {mark}/><bpmn:{kind} id="{join}"/>' + "".join(part[0] for part in parts)
        xml += "".join(self._flow(fork, part[1], condition, name) for part, condition, name in zip(parts, conditions, names, strict=True))
        return xml + "".join(self._flow(part[2], join) for part in parts), fork, join

    def _parallel(self, blocks: list[Block]) -> tuple[str, str, str]:
        return self._forked("parallelGateway", blocks, [""] * len(blocks), None)

    def _exclusive(self, blocks: list[Block], which: int) -> tuple[str, str, str]:
        conditions = ["true" if index == which else "false" for index in range(len(blocks) - 1)]
        return self._forked("exclusiveGateway", blocks, [*conditions, ""], len(blocks) - 1)

    def _inclusive(self, blocks: list[Block], bits: int) -> tuple[str, str, str]:
        conditions = ["true" if bits >> index & 1 else "false" for index in range(len(blocks) - 1)]
        return self._forked("inclusiveGateway", blocks, [*conditions, ""], len(blocks) - 1)

    def _merged(self, xml: str, first: str, *lasts: str) -> tuple[str, str, str]:
        merge = self._name("merge")
        return f'{xml}<bpmn:exclusiveGateway id="{merge}"/>' + "".join(self._flow(last, merge) for last in lasts), first, merge

    def _first_event(self, one: Block, two: Block) -> tuple[str, str, str]:
        gateway = self._name("gateway")
        xml, lasts = f'<bpmn:eventBasedGateway id="{gateway}"/>', []
        for kind, block in (("timer", one), ("message", two)):
            event, inside = self._catch(kind), self._render(block)
            xml += event[0] + inside[0] + self._flow(gateway, event[1]) + self._flow(event[2], inside[1])
            lasts.append(inside[2])
        return self._merged(xml, gateway, *lasts)

    def _again(self, block: Block, rounds: int) -> tuple[str, str, str]:
        begin, ask = self._name("begin"), self._name("ask")
        inside, (count, *_) = self._render(block), self._script()
        counter, counting, back, on = self.counters[-1], f"scriptTask_{self.count}", self._name("flow"), self._name("on")
        xml = f'<bpmn:exclusiveGateway id="{begin}"/>{inside[0]}{count}<bpmn:exclusiveGateway id="{ask}" default="{on}"/>'
        xml += self._flow(begin, inside[1]) + self._flow(inside[2], counting) + self._flow(counting, ask)
        xml += self._flow(ask, begin, f"{counter} &lt; {rounds}", back)
        after, first, last = self._pass()
        return xml + after + self._flow(ask, first, "", on), begin, last

    def _sub(self, block: Block, loop: str = "", count: int = 0) -> tuple[str, str, str]:
        return self._leaf("subProcess", "", (self._repeated(loop, count) if loop else "") + self._scope(block))

    def _watched(self, block: Block, handler: Block, kind: str, interrupts: bool) -> tuple[str, str, str]:
        return self._with_boundary(self._sub(block), handler, kind, interrupts)

    def _with_boundary(self, host: tuple[str, str, str], handler: Block, kind: str, interrupts: bool) -> tuple[str, str, str]:
        watch, inside = self._name("watch"), self._render(handler)
        more = f'attachedToRef="{host[1]}" cancelActivity="{str(interrupts).lower()}"'
        xml = host[0] + self._event("boundaryEvent", watch, kind, more) + inside[0] + self._flow(watch, inside[1])
        if interrupts:
            return self._merged(xml, host[1], host[2], inside[2])
        end = self._name("end")
        return xml + self._event("endEvent", end, "") + self._flow(inside[2], end), host[1], host[2]

    def _handled(self, block: Block, handler: Block, kind: str, interrupts: bool) -> tuple[str, str, str]:
        name = self._name("handler")
        inner = self._scope(handler, name="react").replace(
            "/>", f' isInterrupting="{str(interrupts).lower()}">{EVENTS[kind]}</bpmn:startEvent>', 1
        )
        return self._leaf(
            "subProcess", "", f'{self._scope(block)}<bpmn:subProcess id="{name}" triggeredByEvent="true">{inner}</bpmn:subProcess>'
        )

    def _thrown(self, block: Block, handler: Block, kind: str, interrupts: bool) -> tuple[str, str, str]:
        name = self._name("subProcess")
        host = f'<bpmn:subProcess id="{name}">{self._scope(block, end=kind)}</bpmn:subProcess>'
        return self._with_boundary((host, name, name), handler, kind, interrupts or kind == "error")

    def _ended(self, block: Block, other: Block) -> tuple[str, str, str]:
        """A subprocess that a terminate end event ends while another branch may go on."""
        fork, stop, end, begin = self._name("fork"), self._name("end"), self._name("end"), self._name("start")
        one, two = self._render(block), self._render(other)
        xml = f'<bpmn:startEvent id="{begin}"/><bpmn:parallelGateway id="{fork}"/>{one[0]}{two[0]}'
        xml += self._event("endEvent", stop, "terminate") + self._event("endEvent", end, "") + self._flow(begin, fork)
        xml += self._flow(fork, one[1]) + self._flow(fork, two[1]) + self._flow(one[2], stop) + self._flow(two[2], end)
        return self._leaf("subProcess", "", xml)

    def _undone(self, block: Block) -> tuple[str, str, str]:
        """A subprocess with what undoes it, and then the order to undo."""
        host, undo, event = self._sub(block), self._name("undo"), self._name("undo_event")
        xml = host[0] + self._event("boundaryEvent", event, "compensation", f'attachedToRef="{host[1]}"')
        xml += f'<bpmn:userTask id="{undo}" isForCompensation="true" camunda:assignee="ann"/>'
        xml += f'<bpmn:association id="{self._name("association")}" sourceRef="{event}" targetRef="{undo}"/>'
        throw = self._name("throw")
        xml += self._event("intermediateThrowEvent", throw, "compensation") + self._flow(host[2], throw)
        return xml, host[1], throw

    def _call(self, block: Block) -> tuple[str, str, str]:
        key = self._name("called")
        self._process(key, block)
        both = '<camunda:in variables="all"/><camunda:out variables="all"/>'
        return self._leaf("callActivity", f'calledElement="{key}"', f"<bpmn:extensionElements>{both}</bpmn:extensionElements>")


def wander(play: Play, *, seed: int, most: int) -> None:
    """Do random things, each to something that waits, until the instance ends; after `most` no more to events that only watch."""
    chance = random.Random(seed)
    for step in range(most * 20):
        waits = [wait for wait in play.execution.waits() if play.is_active]
        assert not [wait.error for wait in waits if wait.kind is WaitKind.FAILED]
        if step >= most:
            waits = [wait for wait in waits if not wait.element.startswith(("watch", "react"))]
        if not waits:
            break
        chosen = chance.choice(waits)
        nth = [wait.token for wait in play.execution.waits() if wait.element == chosen.element].index(chosen.token)
        if chosen.kind is WaitKind.HUMAN:
            play.complete(chosen.element, nth=nth)
        else:
            play.fire(chosen.element, nth=nth)
    assert play.is_completed, f"{play.waiting} still wait"

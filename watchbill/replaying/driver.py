"""Drives recorded incidents through the incident process as people would: every recorded change is somebody's task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from engine import commands
from engine.clock import FileClock, MovedClock
from engine.people import Actor
from engine.tables import human_task
from engine.work import look, run_due
from watchbill.house import House
from watchbill.replaying.event_log import RecordedEvent, RecordedIncident, RecordedState
from watchbill.replaying.staff import DESK, DUTY, STAND_IN, Staff

Answer = TypeVar("Answer")
PROCESS = "incident"
FIRST_TEAM = "level-2"
CONFIRM_WITHIN = "30wd"
WAITS = {
    RecordedState.AWAITING_USER: "customer information",
    RecordedState.AWAITING_PROBLEM: "internal",
    RecordedState.AWAITING_VENDOR: "supplier",
    RecordedState.AWAITING_EVIDENCE: "internal",
}
STAND_IN_ANSWERS = {"approve_wait": {"is_approved": True}, "approve_lower": {"is_approved": True}, "ask_major": {"is_major": False}}


OPEN_TASKS = sa.select(human_task.c.id, human_task.c.element, human_task.c.assignee).where(
    human_task.c.instance_id == sa.bindparam("of_instance"), human_task.c.status == "open"
)


class OpenTask(NamedTuple):
    """An open task of an incident."""

    id: str
    element: str
    assignee: str | None


@dataclass(slots=True)
class Course:
    """Where a recorded incident is here."""

    recorded: RecordedIncident
    instance_id: str
    team: str
    impact: int
    urgency: int
    waits_for: RecordedState | None = None
    is_answered: bool = False
    tasks: dict[str, OpenTask] = field(default_factory=dict)
    seen_at: int = -1


@dataclass(slots=True)
class Tally:
    """What a replay counts: `steps` are committed commands and jobs, `unmatched` recorded changes that the process has no place for."""

    incidents: int = 0
    events: int = 0
    tasks_completed: int = 0
    steps: int = 0
    unmatched: Counter[str] = field(default_factory=Counter)


class Replay:
    """A replay into a house whose clock is moved. What is done passes through `do` and `settle`, for those who do it elsewhere."""

    def __init__(self, house: House, clock: MovedClock | FileClock) -> None:
        self.house = house
        self.tally = Tally()
        self.courses: dict[str, Course] = {}
        self._clock = clock
        self._staff = Staff(house)

    def run(self, incidents: Iterable[RecordedIncident]) -> Iterator[RecordedEvent]:
        """Do every event in the order of the recorded times, and yield it when it is done."""
        recorded = sorted(incidents, key=lambda each: (each.opened_at, each.events[0].line))
        moments: list[tuple[datetime, int, RecordedIncident, RecordedEvent | None]] = []
        for each in recorded:
            moments.append((each.opened_at, each.events[0].line - 1, each, None))
            moments += [(max(event.at, each.opened_at), event.line, each, event) for event in each.events]
        for at, _, each, event in sorted(moments, key=lambda moment: moment[:2]):
            self.pass_until(at)
            if event is None:
                self.open(each)
            else:
                self.follow(self.courses[each.number], event)
                yield event

    def pass_until(self, at: datetime) -> None:
        """Let time pass; what falls due is done at its moment."""
        due = look(self.house.engine, limit=1).next_at
        while due is not None and due <= at:
            self._clock.set(max(due, self._clock.now()))
            due = self.settle()
        self._clock.set(max(at, self._clock.now()))

    def settle(self) -> datetime | None:
        """Do all that is due now; return when the next thing is."""
        swept = run_due(self.house.engine)
        self.tally.steps += swept.moved
        return swept.next_at

    def do(self, command: Callable[..., Answer], about: str, **said: Any) -> Answer:
        """Do a command about something."""
        self.tally.steps += 1
        return command(self.house.engine, about, **said)

    def open(self, recorded: RecordedIncident) -> None:
        """Report and classify an incident."""
        first = recorded.events[0]
        clerk = self._staff.person(recorded.opened_by, team=DESK)
        said = {"symptom": recorded.symptom, "caller": recorded.caller, "channel": recorded.channel, "location": recorded.location}
        said |= {"ci": recorded.ci, "service_level": "standard", "category": first.category, "subcategory": first.subcategory}
        said |= {"source_number": recorded.number}
        made = self.do(commands.start, PROCESS, variables=said, actor=clerk)
        self.courses[recorded.number] = course = Course(recorded, made.instance_id, first.group or FIRST_TEAM, 0, 0)
        self._classify(course, first, clerk)
        self.tally.incidents += 1

    def follow(self, course: Course, event: RecordedEvent) -> None:
        """Do here what was recorded there."""
        self.tally.events += 1
        before = self.tally.steps
        if event.state in (RecordedState.RESOLVED, RecordedState.CLOSED):
            self._end_wait(course, event)
        elif self._at(course, "confirm"):
            self._complete(course, "confirm", self._staff.person(event.by, team=DESK), confirmation="not solved")
        elif course.waits_for not in (None, event.state):
            self._end_wait(course, event)
        self._catch_up(course, event)
        self._apply_state(course, event)
        if self.tally.steps == before and event is not course.recorded.events[0]:
            self._note(course, event)

    def _apply_state(self, course: Course, event: RecordedEvent) -> None:
        match event.state:
            case RecordedState.RESOLVED | RecordedState.CLOSED:
                if self._at(course, "diagnose"):
                    self._resolve(course, event)
                if event.state is RecordedState.CLOSED and self._at(course, "confirm"):
                    self._complete(course, "confirm", self._staff.person(event.by, team=DESK), confirmation="confirmed")
            case RecordedState.ACTIVE:
                if not course.is_answered:
                    self._work(course, event, outcome="note", answer="Somebody works on it.")
                    course.is_answered = True
            case state if state in WAITS and course.waits_for is None:
                self._work(course, event, outcome="wait", wait_reason=WAITS[state], note=str(state))
                course.waits_for = state

    def _resolve(self, course: Course, event: RecordedEvent) -> None:
        said = {"cause_code": event.closed_code or "not recorded", "solution": "As recorded.", "confirm_within": CONFIRM_WITHIN}
        self._work(course, event, outcome="resolved", answer=None if course.is_answered else "It works again.", **said)
        course.is_answered = True

    def _end_wait(self, course: Course, event: RecordedEvent) -> None:
        """End a wait by hand, unless its longest time has ended it."""
        if course.waits_for is not None and self._at(course, "wait"):
            self._complete(course, "wait", self._staff.person(event.by, team=course.team), because=f"recorded: {event.state}")
        course.waits_for = None

    def _catch_up(self, course: Course, event: RecordedEvent) -> None:
        """Bring class, team and person to what was recorded, as far as the incident is being worked on."""
        if not self._at(course, "diagnose"):
            return
        if (event.impact, event.urgency) != (course.impact, course.urgency):
            self._work(course, event, outcome="reclassify")
            self._classify(course, event, self._staff.person(event.by, team=DESK))
        if event.group and event.group != course.team:
            team = self._staff.team(event.group)
            self._work(course, event, outcome="reassign", to_team=team)
            course.team = event.group
        if event.assigned_to:
            self._assign(course, event.assigned_to)

    def _assign(self, course: Course, name: str) -> None:
        task, person = self._at(course, "diagnose"), self._staff.person(name, team=course.team)
        if task is None or task.assignee == person.name:
            return
        if task.assignee is None:
            self.do(commands.claim, task.id, actor=person)
        else:
            self.do(commands.reassign, task.id, to=person.name, actor=Actor(task.assignee))

    def _classify(self, course: Course, event: RecordedEvent, clerk: Actor) -> None:
        said = {"impact": event.impact, "urgency": event.urgency, "to_team": self._staff.team(course.team)}
        said |= {"category": event.category or None, "subcategory": event.subcategory or None}
        self._complete(course, "classify", clerk, **said)
        course.impact, course.urgency = event.impact, event.urgency

    def _note(self, course: Course, event: RecordedEvent) -> None:
        """A change of what this process does not hold is a note while the incident is worked on."""
        if self._at(course, "diagnose"):
            self._work(course, event, outcome="note", note="Changed, as recorded.")
        else:
            self.tally.unmatched[str(event.state)] += 1

    def _work(self, course: Course, event: RecordedEvent, **said: Any) -> None:
        task = self._at(course, "diagnose")
        if task is None:
            self.tally.unmatched[f"{event.state}: not being worked on"] += 1
            return
        worker = Actor(task.assignee) if task.assignee else self._staff.person(event.by, team=course.team)
        self._complete(course, "diagnose", worker, **said)

    def _complete(self, course: Course, element: str, actor: Actor, **said: Any) -> None:
        task = self._at(course, element)
        if task is None:
            raise LookupError(f"{course.recorded.number} is not at {element}")
        self.do(commands.complete, task.id, variables=said, actor=actor)
        self.tally.tasks_completed += 1
        for asked, answer in STAND_IN_ANSWERS.items():
            if self._at(course, asked) is not None:
                self._complete(course, asked, self._staff.person(STAND_IN, team=DUTY), **answer)

    def _at(self, course: Course, element: str) -> OpenTask | None:
        """Return the open task of an incident on an element, as it is after the last step."""
        if course.seen_at != self.tally.steps:
            with self.house.database.read() as connection:
                rows = connection.execute(OPEN_TASKS, {"of_instance": course.instance_id})
                course.tasks = {row.element: OpenTask(*row) for row in rows}
            course.seen_at = self.tally.steps
        return course.tasks.get(element)

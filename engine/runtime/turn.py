"""One turn of one instance: everything a command changes, written in one transaction.

The steps of a turn that moves tokens:

1. The command has locked the instance's row and done something to its execution.
2. Pump until all tokens rest, catching kept messages on the way, or until the time budget is spent.
3. Apply what changed to the tables: first what closed, then what opened.
4. Append the history, and write the instance's row under its version.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from engine.execution import Execution
from engine.execution.model import Changes, Outcome, ThrownKind, WaitKind
from engine.history import Event, append
from engine.people import Actor
from engine.runtime import inbox
from engine.runtime.applying import apply_changes
from engine.runtime.correlation import is_for
from engine.runtime.failures import resolve_all
from engine.runtime.host import TurnHost
from engine.runtime.instances import Instance, Status, insert_instance, update_instance
from engine.runtime.jobs import Job, JobKind, insert_jobs, new_job, release_messages, remove_continuations, remove_jobs_of_instance
from engine.runtime.requests import apply_requests
from engine.runtime.stalls import note_stall

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


class Turn:
    """A turn in the making. `jobs` gathers the jobs to insert; `finished_tokens` are those whose rows the command itself settled."""

    def __init__(self, engine: ProcessEngine, connection: Connection, *, instance: Instance, actor: Actor) -> None:
        self.engine = engine
        self.connection = connection
        self.instance = instance
        self.actor = actor
        self.now = engine.clock.now()
        self.on_behalf_of: str | None = None
        self.host = TurnHost(engine, connection, instance=instance, actor=actor.name, now=self.now)
        self.events: list[Event] = []
        self.jobs: list[Job] = []
        self.finished_tokens: set[str] = set()
        self.kinds_before: dict[str, WaitKind] = {}
        self._execution: Execution | None = None

    @property
    def execution(self) -> Execution:
        """Return the instance's execution, restored from its state when it is first asked for."""
        if self._execution is None:
            executable = self.engine.executable(self.instance.definition_id)
            self._execution = Execution.load(executable, self.instance.state, host=self.host)
            self.kinds_before = {token.token: token.wait for token in self._execution.tokens() if token.wait is not None}
        return self._execution

    def kinds(self) -> Mapping[str, WaitKind]:
        """Return what each resting token waited for before this turn."""
        assert self.execution is not None
        return self.kinds_before

    def begin(self, *, variables: dict[str, Any], start: str | None, payload: dict[str, Any] | None) -> None:
        """Open the execution of a new instance."""
        executable = self.engine.executable(self.instance.definition_id)
        self._execution = Execution.begin(executable, host=self.host, variables=variables, start=start, start_payload=payload)

    def note(self, kind: str, *, element: str | None = None, token: str | None = None, data: Mapping[str, Any] | None = None) -> None:
        """Add an event to the instance's history."""
        self.events.append(Event(kind, self.now, self.actor.name, self.on_behalf_of, element, token, data))

    def add_job(self, kind: JobKind, **values: Any) -> None:
        """Add a job that belongs to no turn of this instance's own tokens, or one that continues it."""
        self.jobs.append(new_job(kind, now=self.now, retries=self.engine.settings.retries, is_drill=self.instance.is_drill, **values))

    def write(self, *, is_new: bool = False) -> None:
        """Run what is ready and write everything that changed."""
        if self._execution is not None:
            quiet = self._pump(self._execution)
            self._settle(self._execution.changes(), quiet=quiet, is_new=is_new)
        else:
            self._write_row(is_new=False)
        insert_jobs(self.connection, self.jobs)

    def _pump(self, execution: Execution) -> bool:
        if self.instance.status != Status.ACTIVE:
            return True
        stop_at = time.monotonic() + self.engine.settings.turn_budget_s
        while execution.outcome is Outcome.ACTIVE:
            if not execution.pump(deadline=lambda: time.monotonic() >= stop_at):
                return execution.outcome is not Outcome.ACTIVE
            if not inbox_delivers(self, execution):
                return True
        return True

    def _settle(self, changes: Changes, *, quiet: bool, is_new: bool) -> None:
        self._note_facts(changes)
        apply_requests(self)
        self._count(quiet=quiet)
        if changes.outcome is not Outcome.ACTIVE:
            self._end(changes.outcome, is_new=is_new)
        assert self._execution is not None
        self.instance.state = self._execution.dump()
        if is_new:
            self._write_row(is_new=True)
        apply_changes(self, changes)
        if not is_new:
            self._write_row(is_new=False)

    def _note_facts(self, changes: Changes) -> None:
        for fact in changes.facts:
            self.note(fact.kind.value, element=fact.element, token=fact.token, data=fact.data or None)
        for each in changes.thrown:
            if each.kind is ThrownKind.ESCALATION:
                self.note("escalation.uncaught", element=each.element, token=each.token, data={"escalation": each.name})

    def _count(self, *, quiet: bool) -> None:
        """Queue the instance again when its budget ended the turn, and suspend it when that goes on for ever."""
        if self.instance.idle_turns:
            remove_continuations(self.connection, self.instance.id)
        if quiet:
            self.instance.idle_turns = 0
            return
        self.instance.idle_turns += 1
        if self.instance.idle_turns > self.engine.settings.max_turns_in_row:
            note_stall(self)
        else:
            self.add_job(JobKind.CONTINUE, instance_id=self.instance.id, business_key=self.instance.business_key)

    def _end(self, outcome: Outcome, *, is_new: bool) -> None:
        """Mark the instance as ended; nothing that belongs to it outlives it."""
        if not is_new:
            if self.instance.status == Status.SUSPENDED:
                release_messages(self.connection, self.instance.id)
            remove_jobs_of_instance(self.connection, self.instance.id)
            resolve_all(self.connection, self.instance.id, actor=self.actor.name, now=self.now)
        self.instance.status = outcome.value
        self.instance.ended_at = self.now
        self.note(f"instance.{outcome.value}", data={"reason": self.instance.end_reason} if self.instance.end_reason else None)

    def _write_row(self, *, is_new: bool) -> None:
        instance = self.instance
        head = append(self.connection, instance.id, seq=instance.history_seq, last_hash=instance.history_hash, events=self.events)
        instance.history_seq, instance.history_hash = head.seq, head.hash
        if is_new:
            insert_instance(self.connection, instance)
        else:
            update_instance(self.connection, instance, with_state=self._execution is not None)


def inbox_delivers(turn: Turn, execution: Execution) -> bool:
    """Give a kept message to a token that began to wait for one in this turn; tell whether there was one."""
    kinds = turn.kinds_before
    new = [token for token in execution.tokens() if token.wait is WaitKind.MESSAGE and kinds.get(token.token) is not WaitKind.MESSAGE]
    if not new:
        return False
    tokens = {token.token for token in new}
    waits = [wait for wait in execution.waits() if wait.token in tokens and wait.name]
    names = {wait.name for wait in waits if wait.name}
    inbox.hold_names(turn.connection, names, shared=True)
    for kept in inbox.kept_messages(turn.connection, names, business_key=turn.instance.business_key, now=turn.now):
        for wait in waits:
            if wait.name == kept.name and is_for(wait.correlation, kept.correlation) and inbox.take_message(turn.connection, kept.id):
                turn.note("message.received", element=wait.element, token=wait.token, data={"message": kept.name, "kept": kept.id})
                execution.fire(wait.token, kept.payload)
                return True
    return False

"""The process engine: the database, the clock, the handlers and the definitions, wired together."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.engine import Connection

from engine.clock import Clock
from engine.config import EngineSettings
from engine.db import Database
from engine.definitions import DefinitionStore
from engine.errors import Invalid
from engine.execution import Executable, compile_process
from engine.handling import HandlerRegistry
from engine.hooks.incoming import forget_seen
from engine.hooks.outgoing import forget_deliveries
from engine.people import Actor, forget_ended, forget_failed
from engine.runtime.answers import Kind, as_json, from_json
from engine.runtime.idempotency import claim_key, forget_keys, store_answer
from engine.runtime.inbox import drop_expired
from engine.runtime.retrying import in_transaction
from engine.runtime.waiting_room import WaitingRoom

if TYPE_CHECKING:
    from engine.decisions import Decision

MAX_EXECUTABLES = 256
Result = TypeVar("Result")


class ProcessEngine:
    """What every command and query works with; one per process, used by many threads."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        handlers: HandlerRegistry,
        *,
        settings: EngineSettings | None = None,
        secret_key: Callable[[], bytes] | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.handlers = handlers
        self.settings = settings or EngineSettings()
        self._secret_key = secret_key
        self.definitions = DefinitionStore(database)
        self.waiting_room = WaitingRoom(database, clock)
        self._executables: OrderedDict[str, Executable] = OrderedDict()
        self._compiling = threading.Lock()

    def secret_key(self) -> bytes:
        """Return the house's secret key, from which the secrets of webhooks are derived. Raises Invalid for a house without one."""
        if self._secret_key is None:
            raise Invalid("this house has no secret key, and so no webhooks")
        return self._secret_key()

    def executable(self, definition_id: str) -> Executable:
        """Return a compiled process, compiled once and kept while it is used. Raises NotFound."""
        with self._compiling:
            found = self._executables.get(definition_id)
            if found is None:
                found = compile_process(self.definitions.process(definition_id), definition_id=definition_id)
                self._executables[definition_id] = found
                if len(self._executables) > MAX_EXECUTABLES:
                    self._executables.popitem(last=False)
            else:
                self._executables.move_to_end(definition_id)
            return found

    def called(self, key: str, caller: str) -> Executable:
        """Return the process that a definition calls by key: its own deployment's, else the latest."""
        return self.executable(self.definitions.called(key, caller))

    def decision(self, key: str, caller: str) -> Decision:
        """Return the decision that a definition asks by key: its own deployment's, else the latest."""
        return self.definitions.decision(key, caller)

    def transaction(self, work: Callable[[Connection], Result]) -> Result:
        """Do the work in one writing transaction, again after a deadlock or the like."""
        answer = in_transaction(self.database, work)
        self.waiting_room.ring()
        return answer

    def once(
        self, command: str, *, actor: Actor, key: str | None, kind: type[Kind], work: Callable[[Connection], Kind], of: str = ""
    ) -> Kind:
        """Do a command's work in one transaction; with an idempotency key, a second time returns the first answer.

        `of` says what the command is done to: for another thing the key is refused.
        """

        def guarded(connection: Connection) -> Kind:
            if key is None:
                return work(connection)
            stored = claim_key(connection, key, command=command, of=of, actor=actor.name, now=self.clock.now())
            if stored is not None:
                return from_json(kind, stored)
            answer = work(connection)
            store_answer(connection, key, of=of, answer=as_json(answer))
            return answer

        return self.transaction(guarded)

    def tidy(self) -> tuple[int, int]:
        """Forget keys, kept messages, failed sign-ins, ended sessions whose time is over; return how many of the first two."""
        now = self.clock.now()

        def work(connection: Connection) -> tuple[int, int]:
            forget_failed(connection, now=now)
            forget_ended(connection, now=now)
            forget_seen(connection, now=now)
            forget_deliveries(connection, now=now)
            return forget_keys(connection, before=now - self.settings.idempotency_ttl), drop_expired(connection, now=now)

        return self.transaction(work)

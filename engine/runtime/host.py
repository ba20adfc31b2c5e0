"""What an execution asks of its surroundings during a turn: handlers, expressions, decisions, other processes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, SQLAlchemyError

from engine.errors import HandlerFailed
from engine.execution import Executable
from engine.execution.model import TopicCall, Variables
from engine.expressions import evaluate
from engine.handling import Context, Queued, QueuedName, Requests
from engine.runtime.checking import checked_key
from engine.runtime.instances import Instance

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


class TurnHost:
    """The host of one turn of one instance; what handlers request is gathered in `requested`."""

    def __init__(self, engine: ProcessEngine, connection: Connection, *, instance: Instance, actor: str, now: datetime) -> None:
        self._engine = engine
        self._connection = connection
        self._instance = instance
        self._actor = actor
        self._now = now
        self.requested: list[tuple[TopicCall, Queued]] = []

    def now(self) -> datetime:
        """Return the moment of the turn."""
        return self._now

    def zone(self) -> str:
        """Return the organisation's zone."""
        return self._engine.settings.zone

    def is_inline(self, topic: str) -> bool:
        """Tell whether a handler runs inside the step: there is one, and it has no outside effects."""
        handlers = self._engine.handlers
        return topic in handlers and not handlers.get(topic).effects

    def call(self, call: TopicCall) -> Variables:
        """Run an inline handler in a savepoint; what it wrote is undone if it fails."""
        requests = Requests()
        context = Context(
            topic=call.topic,
            now=self._now,
            instance_id=self._instance.id,
            token=call.token,
            element=call.element,
            actor=self._actor,
            business_key=self._instance.business_key,
            is_drill=self._instance.is_drill,
            database=self._connection,
            requests=requests,
        )
        try:
            outputs = self._engine.handlers.get(call.topic).run(context, call.inputs)
        except (OperationalError, InterfaceError):
            raise
        except IntegrityError as exc:
            raise HandlerFailed(f"{call.topic} at {call.element} broke a rule of the database: {exc.orig}") from exc
        except SQLAlchemyError as exc:
            raise HandlerFailed(f"{call.topic} at {call.element} failed in the database: {exc}") from exc
        for request in requests.taken():
            if isinstance(request, QueuedName):
                self._instance.business_key = checked_key(request.business_key)
            else:
                self.requested.append((call, request))
        return outputs

    def evaluate(self, expression: str, names: Mapping[str, Any]) -> Any:
        """Evaluate an expression at the moment of the turn."""
        return evaluate(expression, names, now=self._now)

    def decide(self, decision: str, names: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Evaluate a decision: that of the instance's own deployment, else the latest."""
        return self._engine.decision(decision, self._instance.definition_id).evaluate(names, now=self._now)

    def called_process(self, key: str) -> Executable:
        """Return a process to call: that of the instance's own deployment, else the latest."""
        return self._engine.called(key, self._instance.definition_id)

    def compiled(self, definition_id: str) -> Executable:
        """Return the process of an open call activity."""
        return self._engine.executable(definition_id)

"""Instances that compute and compute without ever resting: suspended, so that an operator looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.runtime.failures import FailureKind, insert_failures, new_failure
from engine.runtime.instances import Status
from engine.runtime.suspension import mark_rows

if TYPE_CHECKING:
    from engine.runtime.turn import Turn


def note_stall(turn: Turn) -> None:
    """Suspend an instance that spent its budget in too many turns in a row, and say so as a failure."""
    instance = turn.instance
    budget = turn.engine.settings.turn_budget_s
    message = (
        f"{instance.idle_turns} turns in a row ended on their budget of {budget} s without any wait: the diagram probably loops for ever. "
        "Look where its tokens are, correct the variables or move a token, then resume."
    )
    place = {"instance_id": instance.id, "definition_key": instance.definition_key, "business_key": instance.business_key}
    insert_failures(turn.connection, [new_failure(FailureKind.STALLED, message, now=turn.now, **place)])
    instance.status = Status.SUSPENDED.value
    instance.idle_turns = 0
    turn.note("instance.stalled", data={"message": message})
    mark_rows(turn.connection, instance.id, is_suspended=True)

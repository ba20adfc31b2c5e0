"""What is done to definitions after they were deployed: suspend, resume, delete a deployment that was never used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.definitions.starts import remove_starts, replace_starts
from engine.errors import Conflict, NotFound
from engine.people import HOUSE, Action, Actor, require
from engine.tables import definition, deployment, process_instance

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


def set_definition_suspended(engine: ProcessEngine, definition_id: str, *, is_suspended: bool, actor: Actor) -> None:
    """Let a version of a process start nothing, or let it start again; what runs goes on. Raises NotFound."""

    def work(connection: Connection) -> None:
        require(actor, Action.DEPLOY, HOUSE)
        chosen = sa.and_(definition.c.id == definition_id, definition.c.kind == "process")
        if connection.execute(sa.update(definition).where(chosen).values(is_suspended=is_suspended)).rowcount == 0:
            raise NotFound(f"there is no process definition {definition_id!r}")

    engine.transaction(work)


def delete_deployment(engine: ProcessEngine, deployment_id: str, *, actor: Actor) -> None:
    """Delete a deployment from which no instance was ever started; the versions before its own are the latest again.

    Raises NotFound, or Conflict for one that was used: the history points at its diagrams.
    """

    def work(connection: Connection) -> None:
        require(actor, Action.DEPLOY, HOUSE)
        mine = connection.execute(sa.select(definition).where(definition.c.deployment_id == deployment_id)).all()
        if connection.scalar(sa.select(deployment.c.id).where(deployment.c.id == deployment_id)) is None:
            raise NotFound(f"there is no deployment {deployment_id!r}")
        used = sa.select(process_instance.c.definition_id).where(process_instance.c.definition_id.in_([row.id for row in mine])).limit(1)
        if connection.scalar(used) is not None:
            raise Conflict("instances were started from this deployment: it is kept with their history; suspend its processes instead")
        connection.execute(sa.delete(deployment).where(deployment.c.id == deployment_id))
        for row in mine:
            if row.is_latest:
                _uncover(engine, connection, row.kind, row.key, actor)

    engine.transaction(work)


def _uncover(engine: ProcessEngine, connection: Connection, kind: str, key: str, actor: Actor) -> None:
    """Make the newest version that is left the latest one, with its own starts; none is left when it was the only one."""
    left = sa.select(definition.c.id).where(definition.c.kind == kind, definition.c.key == key)
    newest = connection.scalar(left.order_by(definition.c.version.desc()).limit(1))
    if newest is not None:
        connection.execute(sa.update(definition).where(definition.c.id == newest).values(is_latest=True))
    if kind == "process" and newest is None:
        remove_starts(connection, key)
    elif kind == "process" and newest is not None:
        process = engine.definitions.process(newest)
        replace_starts(connection, newest, process, actor=actor.name, now=engine.clock.now(), zone=engine.settings.zone, is_back=True)

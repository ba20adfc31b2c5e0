"""Deploying definitions, as a command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from engine.definitions import Deployment
from engine.definitions import deploy as deploy_files
from engine.people import HOUSE, Action, Actor, require

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


def deploy(
    engine: ProcessEngine,
    files: Mapping[str, bytes],
    *,
    name: str,
    actor: Actor,
    source: str | None = None,
    changed_only: bool = False,
    external_topics_allowed: bool = True,
) -> Deployment:
    """Deploy files that stand or fall together; `source` says which program they come from. Raises DeploymentRefused with every problem."""

    def work(connection: Connection) -> Deployment:
        require(actor, Action.DEPLOY, HOUSE)
        return deploy_files(
            connection,
            files,
            name=name,
            actor=actor.name,
            now=engine.clock.now(),
            known_topics=engine.handlers.topics(),
            source=source,
            changed_only=changed_only,
            external_topics_allowed=external_topics_allowed,
            most_bytes=engine.settings.max_file_bytes,
            zone=engine.settings.zone,
        )

    return engine.transaction(work)

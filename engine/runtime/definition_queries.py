"""Questions about deployments and definitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.definitions import Form
from engine.diagram.model import Process
from engine.diagram.walk import nodes_of
from engine.errors import NotFound
from engine.people import Action, Actor, DefinitionThing, require
from engine.runtime.checking import checked_variables
from engine.runtime.paging import Sort, ordered
from engine.runtime.patterns import like
from engine.tables import blob, definition, deployed_file, deployment, failure, human_task, job, process_instance, subscription

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """A deployment as a list shows it."""

    id: str
    name: str
    source: str | None
    deployed_at: datetime
    deployed_by: str


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a deployment."""

    id: str
    name: str
    deployment_id: str


@dataclass(frozen=True, slots=True)
class DeployedDefinition:
    """A definition, with the file that it stands in."""

    id: str
    kind: str
    key: str
    version: int
    version_tag: str | None
    name: str
    deployment_id: str
    is_latest: bool
    is_suspended: bool
    file: str


@dataclass(frozen=True, slots=True)
class DefinitionFilter:
    """Which definitions; a pattern is SQL's, with `%` for anything."""

    kind: str = "process"
    ids: Collection[str] | None = None
    keys: Collection[str] | None = None
    key_like: str | None = None
    name: str | None = None
    name_like: str | None = None
    version: int | None = None
    version_tag: str | None = None
    deployment_id: str | None = None
    file: str | None = None
    file_like: str | None = None
    latest_only: bool = False
    is_suspended: bool | None = None


@dataclass(frozen=True, slots=True)
class DeploymentFilter:
    """Which deployments; a pattern is SQL's, with `%` for anything."""

    id: str | None = None
    name: str | None = None
    name_like: str | None = None
    source: str | None = None
    without_source: bool = False
    after: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Busy:
    """How much goes on in a definition, or at one element of it."""

    id: str
    instances: int
    failed_jobs: int
    failures: int


WITH_FILE = definition.join(deployed_file, deployed_file.c.id == definition.c.file_id)
COLUMNS = [*(definition.c[name] for name in DeployedDefinition.__slots__ if name != "file"), deployed_file.c.name]
DEFINITION_SORTS = {
    name: definition.c[name] for name in ("key", "name", "version", "deployment_id", "id", "version_tag")
}  # fmt: skip
DEPLOYMENT_SORTS = {name: deployment.c[name] for name in ("id", "name", "deployed_at")}


def _require_reader(actor: Actor) -> None:
    require(actor, Action.READ_DEFINITION, DefinitionThing(""))


def find_definitions(
    engine: ProcessEngine, wanted: DefinitionFilter, *, actor: Actor, sort: Collection[Sort] = (), limit: int | None = None, offset: int = 0
) -> tuple[DeployedDefinition, ...]:
    """Return definitions, by key and then the newest version unless sorted otherwise."""
    _require_reader(actor)
    statement = sa.select(*COLUMNS).select_from(WITH_FILE).where(*_conditions(wanted))
    statement = ordered(statement, DEFINITION_SORTS, sort or (Sort("key"), Sort("version", is_descending=True)), last=definition.c.id)
    with engine.database.glance() as connection:
        return tuple(DeployedDefinition(*row) for row in connection.execute(statement.limit(limit).offset(offset)))


def count_definitions(engine: ProcessEngine, wanted: DefinitionFilter, *, actor: Actor) -> int:
    """Return how many definitions there are."""
    _require_reader(actor)
    with engine.database.glance() as connection:
        return _count(connection, WITH_FILE, _conditions(wanted))


def _count(connection: Connection, table: sa.FromClause, conditions: list[sa.ColumnElement[bool]]) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(*conditions)).scalar_one())


def _conditions(wanted: DefinitionFilter) -> list[sa.ColumnElement[bool]]:
    found = [definition.c.kind == wanted.kind]
    equal: dict[sa.ColumnElement[Any], Any] = {
        definition.c.name: wanted.name,
        definition.c.version: wanted.version,
        definition.c.version_tag: wanted.version_tag,
        definition.c.deployment_id: wanted.deployment_id,
        definition.c.is_suspended: wanted.is_suspended,
        deployed_file.c.name: wanted.file,
    }
    found += [column == value for column, value in equal.items() if value is not None]
    among = {definition.c.id: wanted.ids, definition.c.key: wanted.keys}
    found += [column.in_(values) for column, values in among.items() if values is not None]
    patterns = {definition.c.key: wanted.key_like, definition.c.name: wanted.name_like, deployed_file.c.name: wanted.file_like}
    found += [like(column, pattern) for column, pattern in patterns.items() if pattern is not None]
    return [*found, definition.c.is_latest] if wanted.latest_only else found


def find_definition_by(
    engine: ProcessEngine, *, actor: Actor, definition_id: str | None = None, key: str | None = None, kind: str = "process"
) -> DeployedDefinition:
    """Return a definition by its id, or the latest of a key. Raises NotFound."""
    by_key = DefinitionFilter(kind, keys=[key or ""], latest_only=True)
    found = find_definitions(engine, by_key if definition_id is None else DefinitionFilter(kind, ids=[definition_id]), actor=actor)
    if not found:
        said = f"key {key!r}" if definition_id is None else f"id {definition_id!r}"
        raise NotFound(f"there is no {kind} definition with the {said}")
    return found[0]


def evaluate_decision(engine: ProcessEngine, definition_id: str, *, variables: Mapping[str, Any], actor: Actor) -> list[dict[str, Any]]:
    """Return what a decision says to these variables: a row for each rule that counts. Raises NotFound, or Invalid when it cannot tell."""
    found = find_definition_by(engine, definition_id=definition_id, kind="decision", actor=actor)
    given = checked_variables(engine, variables)
    return engine.decision(found.key, found.id).evaluate(given, now=engine.clock.now())


def definition_source(engine: ProcessEngine, definition_id: str, *, actor: Actor) -> bytes:
    """Return the file of a definition as it was deployed. Raises NotFound."""
    _require_reader(actor)
    return engine.definitions.source(definition_id)


def diagram_of(engine: ProcessEngine, definition_id: str, *, actor: Actor) -> Process:
    """Return a process's diagram as it was read. Raises NotFound."""
    _require_reader(actor)
    return engine.definitions.process(definition_id)


def element_names(engine: ProcessEngine, definition_id: str, *, actor: Actor) -> dict[str, tuple[str, str]]:
    """Return the kind and the name of every element of a process, by id. Raises NotFound."""
    return {node.id: (node.kind.value, node.name) for node in nodes_of(diagram_of(engine, definition_id, actor=actor))}


def form_of(engine: ProcessEngine, key: str, definition_id: str, *, actor: Actor) -> Form:
    """Return a form that a definition shows. Raises NotFound."""
    _require_reader(actor)
    return engine.definitions.form(key, definition_id)


def find_deployments(
    engine: ProcessEngine, wanted: DeploymentFilter, *, actor: Actor, sort: Collection[Sort] = (), limit: int | None = None, offset: int = 0
) -> tuple[DeploymentView, ...]:
    """Return deployments, newest first unless sorted otherwise."""
    _require_reader(actor)
    statement = sa.select(*(deployment.c[name] for name in DeploymentView.__slots__)).where(*_deployment_conditions(wanted))
    statement = ordered(statement, DEPLOYMENT_SORTS, sort or (Sort("deployed_at", is_descending=True),), last=deployment.c.id)
    with engine.database.glance() as connection:
        return tuple(DeploymentView(*row) for row in connection.execute(statement.limit(limit).offset(offset)))


def count_deployments(engine: ProcessEngine, wanted: DeploymentFilter, *, actor: Actor) -> int:
    """Return how many deployments there are."""
    _require_reader(actor)
    with engine.database.glance() as connection:
        return _count(connection, deployment, _deployment_conditions(wanted))


def _deployment_conditions(wanted: DeploymentFilter) -> list[sa.ColumnElement[bool]]:
    equal = {deployment.c.id: wanted.id, deployment.c.name: wanted.name, deployment.c.source: wanted.source}
    found = [column == value for column, value in equal.items() if value is not None]
    if wanted.name_like is not None:
        found.append(like(deployment.c.name, wanted.name_like))
    if wanted.after is not None:
        found.append(deployment.c.deployed_at > wanted.after)
    if wanted.before is not None:
        found.append(deployment.c.deployed_at < wanted.before)
    return [*found, deployment.c.source.is_(None)] if wanted.without_source else found


def files_of(engine: ProcessEngine, deployment_id: str, *, actor: Actor) -> tuple[FileView, ...]:
    """Return the files of a deployment by name. Raises NotFound."""
    _require_reader(actor)
    columns = (deployed_file.c[name] for name in FileView.__slots__)
    statement = sa.select(*columns).where(deployed_file.c.deployment_id == deployment_id).order_by(deployed_file.c.name)
    with engine.database.glance() as connection:
        found = tuple(FileView(*row) for row in connection.execute(statement))
    if not found:
        raise NotFound(f"there is no deployment {deployment_id!r}")
    return found


def file_content(engine: ProcessEngine, deployment_id: str, file_id: str, *, actor: Actor) -> tuple[FileView, bytes]:
    """Return a file of a deployment with its content. Raises NotFound."""
    _require_reader(actor)
    columns = (*(deployed_file.c[name] for name in FileView.__slots__), blob.c.content)
    joined = deployed_file.join(blob, blob.c.hash == deployed_file.c.hash)
    statement = sa.select(*columns).select_from(joined)
    with engine.database.glance() as connection:
        row = connection.execute(
            statement.where(deployed_file.c.id == file_id, deployed_file.c.deployment_id == deployment_id)
        ).one_or_none()
    if row is None:
        raise NotFound(f"the deployment {deployment_id!r} has no file {file_id!r}")
    return FileView(row.id, row.name, row.deployment_id), bytes(row.content)


def busy_definitions(engine: ProcessEngine, *, actor: Actor) -> tuple[Busy, ...]:
    """Return every process definition with its live instances, its failed jobs and its open failures, by id; in one statement."""
    _require_reader(actor)
    live = process_instance.c.status.in_(("active", "suspended"))
    running = sa.select(process_instance.c.definition_id, sa.func.count().label("n")).where(live).group_by(process_instance.c.definition_id)
    failed = _joined(job, job.c.status == "failed")
    open_failures = _joined(failure, failure.c.resolved_at.is_(None))
    parts = [each.subquery() for each in (running, failed, open_failures)]
    table: sa.FromClause = definition
    for part in parts:
        table = table.outerjoin(part, part.c.definition_id == definition.c.id)
    counts = [sa.func.coalesce(part.c.n, 0) for part in parts]
    statement = sa.select(definition.c.id, *counts).select_from(table).where(definition.c.kind == "process").order_by(definition.c.id)
    with engine.database.glance() as connection:
        return tuple(Busy(*row) for row in connection.execute(statement))


def _joined(table: sa.Table, condition: sa.ColumnElement[bool]) -> sa.Select[tuple[str, int]]:
    joined = table.join(process_instance, process_instance.c.id == table.c.instance_id)
    count = sa.select(process_instance.c.definition_id, sa.func.count().label("n")).select_from(joined)
    return count.where(condition).group_by(process_instance.c.definition_id)


def busy_elements(engine: ProcessEngine, definition_id: str, *, actor: Actor) -> tuple[Busy, ...]:
    """Return the elements of a process at which instances rest now, with how many tokens, failed jobs and open failures, by element."""
    diagram = diagram_of(engine, definition_id, actor=actor)
    watching = {node.id for node in diagram.scope.nodes.values() if node.attached_to}
    with engine.database.read() as connection:
        tokens, failed, open_failures = (_per_element(connection, definition_id, parts) for parts in PARTS)
    elements = sorted({*tokens, *failed, *open_failures} - watching)
    return tuple(Busy(each, tokens[each], failed[each], open_failures[each]) for each in elements)


UNRESOLVED = failure.c.resolved_at.is_(None)
PARTS: tuple[tuple[tuple[sa.Table, sa.ColumnElement[bool]], ...], ...] = (
    (
        (human_task, human_task.c.status == "open"),
        (job, sa.and_(job.c.token.is_not(None), job.c.kind.in_(("timer", "topic")))),
        (subscription, sa.true()),
        (failure, sa.and_(UNRESOLVED, failure.c.kind == "step")),
    ),
    ((job, job.c.status == "failed"),),
    ((failure, UNRESOLVED),),
)
"""Where tokens rest: each has a row in one of these tables; then the failed jobs, and the failures."""


def _per_element(connection: Connection, definition_id: str, parts: tuple[tuple[sa.Table, sa.ColumnElement[bool]], ...]) -> Counter[str]:
    """Return how many rows there are for each element, in one statement for each table."""
    found: Counter[str] = Counter()
    for table, condition in parts:
        joined = table.join(process_instance, process_instance.c.id == table.c.instance_id)
        counted = sa.select(table.c.element, sa.func.count()).select_from(joined).group_by(table.c.element)
        of_live = process_instance.c.status.in_(("active", "suspended"))
        for element, number in connection.execute(counted.where(process_instance.c.definition_id == definition_id, of_live, condition)):
            found[str(element)] += number
    return found

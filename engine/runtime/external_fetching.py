"""Workers fetch external tasks, each for itself alone and for a time; who finds none may wait for some.

1. A reading transaction tells whether there is anything, so that who finds nothing locks nothing; what a worker asks of the variables
   of an instance is looked at here too.
2. A writing transaction selects what is still free, passing over what others hold at this moment, and writes worker and lock into it.
3. Who found nothing and may wait takes a seat in the waiting room, and looks again whenever there may be work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import Invalid
from engine.execution import Execution
from engine.people import HOUSE, SYSTEM, Action, Actor, require
from engine.runtime.checking import checked_name
from engine.runtime.external_views import COLUMNS, JOINED, SELECT, ExternalTask
from engine.runtime.instances import Instance
from engine.runtime.jobs import has_work
from engine.runtime.paging import MAX_LIMIT, Sort
from engine.runtime.turn import Turn
from engine.tables import definition, job, process_instance

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

MAX_LOCK = timedelta(days=366)
MAX_WAIT = timedelta(minutes=30)
MOST_TOPICS = 200
WIDE: sa.Select[Any] = SELECT.add_columns(*(process_instance.c[name] for name in Instance.__slots__))
ROUNDS = 3
"""How often to look again when others took all that was found."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a worker takes of a topic, for how long, and which variables it wants: None is all, `is_local` only the task's own.

    `where` are variables that the instance must have, with these values.
    """

    name: str
    lock: timedelta
    variables: Collection[str] | None = None
    is_local: bool = False
    business_key: str | None = None
    definition_ids: Collection[str] | None = None
    definition_keys: Collection[str] | None = None
    version_tag: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)

    @property
    def asks_for_instance(self) -> bool:
        """Tell whether something is asked that only the instance and its definition know."""
        asked = (self.business_key, self.version_tag, self.definition_ids, self.definition_keys)
        return any(each is not None for each in asked)

    def condition(self) -> sa.ColumnElement[bool]:
        """Return the condition on a task's columns."""
        equal = {process_instance.c.business_key: self.business_key, definition.c.version_tag: self.version_tag}
        among = {process_instance.c.definition_id: self.definition_ids, process_instance.c.definition_key: self.definition_keys}
        found = [job.c.name == self.name, *(column == value for column, value in equal.items() if value is not None)]
        return sa.and_(*found, *(column.in_(values) for column, values in among.items() if values is not None))

    def fits(self, variables: Mapping[str, Any]) -> bool:
        """Tell whether an instance has the variables that it must have; true is not 1."""
        return all(
            name in variables and variables[name] == value and isinstance(variables[name], bool) == isinstance(value, bool)
            for name, value in self.where.items()
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a worker asks for: at most so many tasks of these topics, the oldest first unless said otherwise."""

    worker: str
    topics: tuple[Topic, ...]
    most: int
    sort: tuple[Sort, ...] = (Sort("created_at"),)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        checked_name(self.worker, what="worker id")
        if len(self.topics) > MOST_TOPICS:
            raise Invalid(f"{len(self.topics)} topics: name at most {MOST_TOPICS} in a call, and the others in another")
        names = [checked_name(topic.name, what="topic name") for topic in self.topics]
        if len(set(names)) < len(names):
            raise Invalid("a topic is named twice: name each once")
        for topic in self.topics:
            checked_lock(topic.lock)
        if unknown := {each.name for each in self.sort} - {"created_at", "priority"}:
            raise Invalid(f"there is no order by {', '.join(sorted(unknown))}: use created_at or priority")
        if self.most < 1:
            raise Invalid(f"{self.most} tasks at most: ask for 1 or more")

    def condition(self) -> sa.ColumnElement[bool]:
        """Return the condition on a task's columns, its being free aside."""
        return sa.or_(*(topic.condition() for topic in self.topics))

    def source(self) -> sa.FromClause:
        """Return what to select tasks from: the jobs alone unless something is asked of their instances."""
        return JOINED if any(topic.asks_for_instance for topic in self.topics) else job

    @property
    def asks_for_variables(self) -> bool:
        """Tell whether some topic asks for variables that the instance must have."""
        return any(topic.where for topic in self.topics)

    def topic(self, name: str) -> Topic:
        """Return a topic by name."""
        return next(topic for topic in self.topics if topic.name == name)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A task that its worker now holds, with the variables that it asked for and the properties of its element."""

    task: ExternalTask
    variables: Mapping[str, Any]
    properties: Mapping[str, str]


def checked_lock(lock: timedelta) -> timedelta:
    """Return how long a lock is to hold. Raises Invalid."""
    if not timedelta(0) < lock <= MAX_LOCK:
        raise Invalid(f"a lock of {lock}: use more than nothing and at most {MAX_LOCK.days} days")
    return lock


def fetch_external_tasks(
    engine: ProcessEngine, wish: Wish, *, actor: Actor, wait: timedelta = timedelta(0), is_wanted: Callable[[], bool] = lambda: True
) -> tuple[Fetched, ...]:
    """Give a worker tasks that nobody else gets while its lock holds; without any, wait for some as long as the answer is still wanted."""
    require(actor, Action.DO_EXTERNAL_WORK, HOUSE)
    if wait > MAX_WAIT:
        raise Invalid(f"a wait of {wait}: ask for at most {MAX_WAIT.seconds // 60} minutes and then again")
    if not wish.topics:
        return ()
    found = _fetch(engine, wish)
    until = time.monotonic() + wait.total_seconds()
    if not found and wait:
        room = engine.waiting_room
        with room.seat([topic.name for topic in wish.topics]) as seat:
            while not found and seat is not None and room.wait(seat, until=until, is_wanted=is_wanted):
                found = _fetch(engine, wish)
    return found


def _fetch(engine: ProcessEngine, wish: Wish) -> tuple[Fetched, ...]:
    for _ in range(ROUNDS):
        with engine.database.read() as connection:
            candidates = _candidates(engine, connection, wish)
        if not candidates:
            break
        ids = candidates if wish.asks_for_variables else None
        found = engine.transaction(lambda connection, ids=ids: _lock(engine, connection, wish, ids))  # type: ignore[misc]  # the default binds
        if found:
            return found
    return ()


def _candidates(engine: ProcessEngine, connection: Connection, wish: Wish) -> list[str]:
    """Return tasks that fit: any one suffices when their columns alone decide, else as many as are wanted."""
    fitting = sa.and_(has_work(engine.clock.now()), wish.condition())
    if not wish.asks_for_variables:
        return list(connection.scalars(sa.select(job.c.id).select_from(wish.source()).where(fitting).limit(1)))
    found = []
    rows = connection.execute(_in_order(WIDE.where(fitting), wish)).yield_per(MAX_LIMIT)
    for task, execution in _executions(engine, connection, rows):
        if wish.topic(task.topic).fits(execution.variables()):
            found.append(task.id)
            if len(found) == min(wish.most, MAX_LIMIT):
                break
    return found


def _lock(engine: ProcessEngine, connection: Connection, wish: Wish, among: list[str] | None) -> tuple[Fetched, ...]:
    now = engine.clock.now()
    free = sa.select(job.c.id, job.c.name).select_from(wish.source()).where(has_work(now), wish.condition())
    if among is not None:
        free = free.where(job.c.id.in_(among))
    free = _in_order(free, wish).limit(min(wish.most, MAX_LIMIT)).with_for_update(of=job, skip_locked=True)
    taken = connection.execute(free).all()
    for topic in wish.topics:
        ids = [row.id for row in taken if row.name == topic.name]
        if ids:
            values = {"worker": wish.worker, "locked_until": now + topic.lock, "attempts": job.c.attempts + 1}
            connection.execute(sa.update(job).where(job.c.id.in_(ids)).values(values))
    if not taken:
        return ()
    rows = connection.execute(_in_order(WIDE.where(job.c.id.in_([row.id for row in taken])), wish)).all()
    return tuple(_fetched(task, execution, wish.topic(task.topic)) for task, execution in _executions(engine, connection, rows))


def _in_order(statement: sa.Select[Any], wish: Wish) -> sa.Select[Any]:
    """Return a statement in the order of a wish; what it sorts by is never empty, so that an index may serve."""
    columns = [(COLUMNS[each.name], each.is_descending) for each in wish.sort]
    return statement.order_by(*(column.desc() if is_descending else column.asc() for column, is_descending in columns), job.c.id)


def _executions(engine: ProcessEngine, connection: Connection, rows: Any) -> Iterator[tuple[ExternalTask, Execution]]:
    """Yield tasks with the executions of their instances."""
    for row in rows:
        instance = Instance(*row[len(COLUMNS) :])
        yield ExternalTask(*row[: len(COLUMNS)]), Turn(engine, connection, instance=instance, actor=SYSTEM).execution


def _fetched(task: ExternalTask, execution: Execution, topic: Topic) -> Fetched:
    variables = execution.variables(token=task.token, is_local=topic.is_local)
    if topic.variables is not None:
        variables = {name: value for name, value in variables.items() if name in topic.variables}
    return Fetched(task, variables, execution.properties(task.token))

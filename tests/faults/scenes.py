"""One instance in the middle of everything, and what each command does to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine import commands
from engine.commands import ProcessEngine
from engine.hooks import HookKind, add_hook_in, secret_of_hook_in
from engine.people import SYSTEM
from engine.tables import failure, human_task, job
from engine.work import create_schedule
from engine.work.schedules import CatchUp
from engine.work.slots import run_slots
from tests.runtime.conftest import ANN, BOB, OLGA
from tests.runtime.diagrams import (
    ALARMED,
    ORDERED,
    TWO_STEPS,
    WITHOUT_REVIEW,
    boundary,
    catch,
    diagram,
    end,
    message_root,
    on_condition,
    on_message,
    on_signal,
    parallel,
    script,
    service,
    start,
    timer,
    user,
)  # fmt: skip

BRANCHES = ("review", "check", "approve", "wait_reply", "wait_alarm", "pause", "send", "outside", "divide", "ready")
ROOTS = '<bpmn:error id="e_no" errorCode="no"/><bpmn:escalation id="e_late" escalationCode="late"/>'
ROOTS += '<bpmn:signal id="s_alarm" name="alarm"/>' + message_root("m_reply", "customer.reply", key="ticket", expression="ticket")
NODES = (
    start(),
    parallel("split"),
    user("review"),
    boundary("overdue", "review", timer("PT4H"), interrupting=False),
    user("escalate"),
    user("check"),
    boundary("declined", "check", '<bpmn:errorEventDefinition id="d_no" errorRef="e_no"/>'),
    boundary("late", "check", '<bpmn:escalationEventDefinition id="d_late" escalationRef="e_late"/>', interrupting=False),
    user("approve"),
    catch("wait_reply", on_message("m_reply")),
    catch("wait_alarm", on_signal("s_alarm")),
    catch("pause", timer("PT1H")),
    service("send", "topics.send", inputs='<camunda:inputParameter name="text">hello</camunda:inputParameter>'),
    service("outside", "elsewhere.work"),
    script("divide", "share = 12 / people"),
    catch("ready", on_condition("${level > 3}")),
    service("record", "topics.record", inputs='<camunda:inputParameter name="text">noted</camunda:inputParameter>'),
    parallel("join"),
    end(),
    end("escalated"),
    end("was_declined"),
    end("was_late"),
)
FLOWS = "start>split overdue>escalate escalate>escalated declined>was_declined late>was_late join>end review>record record>join "
FLOWS += " ".join(f"split>{each}" for each in BRANCHES) + " " + " ".join(f"{each}>join" for each in BRANCHES if each != "review")
EVERYTHING = diagram("everything", *NODES, flows=FLOWS, roots=ROOTS)
LATER = diagram("everything", *NODES, user("look_back"), flows=FLOWS.replace("join>end", "join>look_back look_back>end"), roots=ROOTS)

Ids = Mapping[str, str]
Act = Callable[[ProcessEngine, Ids], Any]


@dataclass(frozen=True)
class Scene:
    """What a command is called with. `before` brings about what it needs; `again` is how it is tried again after a death.

    `told_again`: the history tells of both tries.
    """

    command: str
    act: Act
    before: tuple[Act, ...] = ()
    again: Act | None = None
    races: bool = True
    told_again: bool = False


def prepare(engine: ProcessEngine) -> Ids:
    """Deploy, start, and bring one instance into the middle of everything; return the ids of what is there."""
    made = [
        commands.deploy(engine, {"it.bpmn": each}, name="faults", actor=OLGA) for each in (EVERYTHING, LATER, ORDERED, ALARMED, TWO_STEPS)
    ]
    unused = made[2]
    said = {"ticket": 7, "people": 0, "level": 1}
    instance = commands.start(engine, "everything", version=1, business_key="E-1", variables=said, actor=ANN).instance_id
    with engine.database.read() as connection:
        tasks = connection.execute(sa.select(human_task.c.element, human_task.c.id).where(human_task.c.instance_id == instance))
        ids = {"instance": instance, **dict(tasks.all())}
        jobs = connection.execute(sa.select(job.c.element, job.c.id))
        ids |= {f"job of {element}": key for element, key in jobs}
        ids |= {"unused deployment": unused.id, "unused definition": unused.definitions[0].id}
        ids["failure"] = connection.scalars(sa.select(failure.c.id)).one()
    commands.add_comment(engine, ids["check"], message="first", actor=ANN)
    ids["attachment"] = commands.attach_url(engine, ids["check"], url="https://example.org/", actor=ANN).id
    hook = add_hook_in(
        engine.database, "alarms", kind=HookKind.GENERIC, person="Olga", message="order.placed",
        mapping={"fingerprint": "payload.id"}, actor=SYSTEM, now=engine.clock.now(),
    )  # fmt: skip
    ids["secret"] = secret_of_hook_in(hook, engine.secret_key(), actor=SYSTEM)
    commands.claim(engine, ids["check"], actor=ANN)
    commands.claim(engine, ids["approve"], actor=ANN)
    commands.delegate(engine, ids["approve"], to="Bob", actor=ANN)
    return ids


def later(engine: ProcessEngine, **span: float) -> None:
    """Let time pass."""
    engine.clock.advance(timedelta(**span))


def run_again(engine: ProcessEngine, ids: Ids) -> Any:
    """Do the outside call anew, when its time is over."""
    later(engine, minutes=6)
    return commands.run_job(engine, ids["job of send"], worker="w")


def oldest_job(engine: ProcessEngine, kind: str) -> str | None:
    """Return the id of the oldest job of a kind, None when there is none."""
    with engine.database.read() as connection:
        return connection.scalars(sa.select(job.c.id).where(job.c.kind == kind).order_by(job.c.id)).first()


def first_job(kind: str) -> Act:
    """Return a function that runs the oldest job of a kind; None when it is gone."""

    def run(engine: ProcessEngine, _ids: Ids) -> Any:
        found = oldest_job(engine, kind)
        return None if found is None else commands.run_job(engine, found, worker="w")

    return run


def schedule_due(engine: ProcessEngine, _ids: Ids) -> None:
    create_schedule(engine, "round", definition_key="two_steps", rule="0 9 * * *", zone="UTC", catch_up=CatchUp.ALL, actor=OLGA)
    later(engine, days=2)


def key(name: str) -> dict[str, str]:
    """Return the idempotency key of a command."""
    return {"idempotency_key": f"key of {name}"}


SUSPEND: Act = lambda e, i: commands.suspend(e, i["instance"], reason="stop", actor=OLGA, **key("suspend"))  # noqa: E731  # a table's entry
CANCEL: Act = lambda e, i: commands.cancel(e, i["instance"], reason="over", actor=OLGA, **key("cancel"))  # noqa: E731
SIGNAL: Act = lambda e, i: commands.signal(e, "alarm", payload={"floor": 3}, actor=OLGA, **key("signal"))  # noqa: E731
ADVANCE: Act = lambda e, i: commands.advance(e, i["instance"])  # noqa: E731
DELETE: Act = lambda e, i: commands.delete_deployment(e, i["unused deployment"], actor=OLGA)  # noqa: E731
SLOTS: Act = lambda e, i: run_slots(e)  # noqa: E731

SCENES: dict[str, Scene] = {
    "claim": Scene("claim", lambda e, i: commands.claim(e, i["review"], actor=ANN, **key("claim"))),
    "complete": Scene("complete", lambda e, i: commands.complete(e, i["review"], variables={"ok": True}, actor=ANN, **key("complete"))),
    "delegate": Scene("delegate", lambda e, i: commands.delegate(e, i["check"], to="Bob", actor=ANN, **key("delegate"))),
    "reassign": Scene("reassign", lambda e, i: commands.reassign(e, i["review"], to="Bob", actor=OLGA, **key("reassign"))),
    "save_draft": Scene("save_draft", lambda e, i: commands.save_draft(e, i["check"], draft={"ok": False}, actor=ANN)),
    "release": Scene("release", lambda e, i: commands.release(e, i["check"], actor=ANN, **key("release"))),
    "resolve": Scene("resolve", lambda e, i: commands.resolve(e, i["approve"], variables={"level": 5}, actor=BOB, **key("resolve"))),
    "cancel": Scene("cancel", CANCEL),
    "suspend": Scene("suspend", SUSPEND),
    "resume": Scene("resume", lambda e, i: commands.resume(e, i["instance"], actor=OLGA, **key("resume")), before=(SUSPEND,)),
    "set_variables": Scene(
        "set_variables", lambda e, i: commands.set_variables(e, i["instance"], variables={"people": 3, "level": 4}, actor=OLGA, **key("s"))
    ),
    "move": Scene(
        "move", lambda e, i: commands.move(e, i["instance"], token=i["review"], to_element="check", reason="skip", actor=OLGA, **key("m"))
    ),
    "migrate": Scene("migrate", lambda e, i: commands.migrate(e, i["instance"], version=2, reason="new", actor=OLGA, **key("migrate"))),
    "restart": Scene(
        "restart", lambda e, i: commands.restart(e, i["instance"], reason="anew", actor=OLGA, **key("restart")), before=(CANCEL,)
    ),
    "retry": Scene(
        "retry",
        lambda e, i: commands.retry(e, i["failure"], actor=OLGA, **key("retry")),
        before=(lambda e, i: commands.set_variables(e, i["instance"], variables={"people": 3}, actor=OLGA),),
    ),
    "message, caught": Scene(
        "message",
        lambda e, i: commands.message(e, "customer.reply", correlation={"ticket": 7}, payload={"a": 1}, actor=OLGA, **key("message")),
    ),
    "message, kept": Scene(
        "message",
        lambda e, i: commands.message(
            e, "customer.reply", correlation={"ticket": 8}, ttl=timedelta(hours=1), actor=OLGA, **key("message kept")
        ),
        races=False,
    ),
    "message, which starts": Scene(
        "message", lambda e, i: commands.message(e, "order.placed", actor=OLGA, **key("message start")), races=False
    ),
    "signal": Scene("signal", SIGNAL),
    "advance": Scene("advance", ADVANCE, again=ADVANCE),
    "run_job of a timer": Scene(
        "run_job", lambda e, i: commands.run_job(e, i["job of pause"], worker="w"), before=(lambda e, i: later(e, hours=1),)
    ),
    "run_job of an outside call": Scene(
        "run_job", lambda e, i: commands.run_job(e, i["job of send"], worker="w"), again=run_again
    ),
    "run_job of a signal caught": Scene("run_job", first_job("signal"), before=(SIGNAL,), races=False),
    "run_job of a signal that starts": Scene("run_job", first_job("start"), before=(SIGNAL,), races=False),
    "start": Scene("start", lambda e, i: commands.start(e, "everything", variables={"people": 1}, actor=ANN, **key("start")), races=False),
    "start_within, by a schedule": Scene("start_within", SLOTS, before=(schedule_due,), again=SLOTS, races=False),
    "deploy": Scene(
        "deploy", lambda e, i: commands.deploy(e, {"it.bpmn": WITHOUT_REVIEW}, name="faults", actor=OLGA), races=False
    ),
    "delete_deployment": Scene("delete_deployment", DELETE, again=DELETE, races=False),
    "set_definition_suspended": Scene(
        "set_definition_suspended",
        lambda e, i: commands.set_definition_suspended(e, i["unused definition"], is_suspended=True, actor=OLGA),
        races=False,
    ),
}  # fmt: skip

"""What the commands on tasks, jobs and the work of others are called with; each on the instance of `scenes`."""

from __future__ import annotations

from datetime import timedelta

from engine import commands
from engine.commands import ProcessEngine
from engine.hooks.signing import Signed
from engine.people import Actor
from tests.faults.scenes import SIGNAL, Act, Ids, Scene, key, oldest_job
from tests.runtime.conftest import ANN, OLGA

WANDA = Actor("Wanda", frozenset({"integrations"}))
MINUTE = timedelta(minutes=1)
WISH = commands.Wish("w", (commands.Topic("elsewhere.work", MINUTE),), 5)
FETCH: Act = lambda e, i: commands.fetch_external_tasks(e, WISH, actor=WANDA)  # noqa: E731  # a table's entry
EXECUTE: Act = lambda e, i: commands.execute_job(e, i["job of pause"], actor=OLGA)  # noqa: E731
FAILED = commands.FailedTry("no line", retries=1)


def scene(command: str, act: Act, *, before: tuple[Act, ...] = (), races: bool = False) -> Scene:
    """Return the scene of a command without an idempotency key: what was done is not asked for again."""
    return Scene(command, act, before=before, again=act, races=races)


def keyed(command: str, act: Act, *, races: bool = False) -> Scene:
    """Return the scene of a command with an idempotency key."""
    return Scene(command, act, races=races)


def outside(command: str, act: Act, *, races: bool = False) -> Scene:
    """Return the scene of a command of the worker who has fetched the external task."""
    return scene(command, act, before=(FETCH,), races=races)


def discard(engine: ProcessEngine, _ids: Ids) -> None:
    """Drop the start that a signal will bring about."""
    found = oldest_job(engine, "start")
    assert found is not None
    commands.discard_job(engine, found, actor=OLGA)


MORE_SCENES: dict[str, Scene] = {
    "add_candidate": keyed(
        "add_candidate", lambda e, i: commands.add_candidate(e, i["review"], kind="user", name="Bob", actor=OLGA, **key("add"))
    ),
    "remove_candidate": keyed(
        "remove_candidate", lambda e, i: commands.remove_candidate(e, i["review"], kind="group", name="desk", actor=OLGA, **key("less"))
    ),
    "set_owner": keyed("set_owner", lambda e, i: commands.set_owner(e, i["check"], to="Bob", actor=OLGA, **key("owner"))),
    "change_details": keyed(
        "change_details",
        lambda e, i: commands.change_details(e, i["review"], details=commands.TaskDetails(priority=9), actor=OLGA, **key("details")),
    ),
    "change_task_variables": keyed(
        "change_task_variables",
        lambda e, i: commands.change_task_variables(e, i["check"], variables={"level": 5}, actor=ANN, **key("variables")),
        races=True,
    ),
    "throw_error": keyed("throw_error", lambda e, i: commands.throw_error(e, i["check"], code="no", actor=ANN, **key("error")), races=True),
    "throw_escalation": keyed(
        "throw_escalation", lambda e, i: commands.throw_escalation(e, i["check"], code="late", actor=ANN, **key("escalation"))
    ),
    "add_comment": scene("add_comment", lambda e, i: commands.add_comment(e, i["check"], message="hello", actor=ANN)),
    "attach_file": scene(
        "attach_file", lambda e, i: commands.attach_file(e, i["check"], file=commands.File("a.txt", b"hello"), actor=ANN)
    ),
    "attach_url": scene("attach_url", lambda e, i: commands.attach_url(e, i["check"], url="https://example.org/a", actor=ANN)),
    "remove_attachment": scene("remove_attachment", lambda e, i: commands.remove_attachment(e, i["check"], i["attachment"], actor=ANN)),
    "fetch_external_tasks": scene("fetch_external_tasks", FETCH, races=True),
    "lock_external_task": scene(
        "lock_external_task", lambda e, i: commands.lock_external_task(e, i["job of outside"], worker="w", lock=MINUTE, actor=WANDA)
    ),
    "extend_external_lock": outside(
        "extend_external_lock", lambda e, i: commands.extend_external_lock(e, i["job of outside"], worker="w", lock=2 * MINUTE, actor=WANDA)
    ),
    "unlock_external_task": outside(
        "unlock_external_task", lambda e, i: commands.unlock_external_task(e, i["job of outside"], actor=WANDA)
    ),
    "complete_external_task": outside(
        "complete_external_task",
        lambda e, i: commands.complete_external_task(e, i["job of outside"], worker="w", variables={"level": 4}, actor=WANDA),
    ),
    "fail_external_task": outside(
        "fail_external_task", lambda e, i: commands.fail_external_task(e, i["job of outside"], worker="w", failed=FAILED, actor=WANDA)
    ),
    "throw_external_error": outside(
        "throw_external_error", lambda e, i: commands.throw_external_error(e, i["job of outside"], worker="w", code="no", actor=WANDA)
    ),
    "set_external_priority": scene(
        "set_external_priority", lambda e, i: commands.set_external_priority(e, i["job of outside"], 7, actor=OLGA)
    ),
    "set_external_retries": scene(
        "set_external_retries", lambda e, i: commands.set_external_retries(e, [i["job of outside"]], 2, actor=OLGA)
    ),
    "execute_job": Scene("execute_job", EXECUTE, again=EXECUTE, races=False, told_again=True),
    "discard_job": scene("discard_job", discard, before=(SIGNAL,)),
    "set_job_due": scene(
        "set_job_due", lambda e, i: commands.set_job_due(e, i["job of pause"], e.clock.now() + MINUTE, actor=OLGA)
    ),
    "set_job_retries": scene("set_job_retries", lambda e, i: commands.set_job_retries(e, i["job of pause"], 1, actor=OLGA)),
    "set_job_suspended": scene(
        "set_job_suspended", lambda e, i: commands.set_job_suspended(e, i["job of pause"], is_suspended=True, actor=OLGA)
    ),
    "receive": scene(
        "receive", lambda e, i: commands.receive(e, "alarms", Signed(bearer=i["secret"], headers={}, body=b'{"id": "a1"}'))
    ),
}  # fmt: skip

"""Webhooks out: a notice becomes a delivery with its step, goes out after it, is tried again, and is listed with its last answer."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine import commands, queries
from engine.clock import SystemClock
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.hooks import Delivered, Signed, add_hook_out, change_hook_out, deliveries, list_hooks_out, remove_hook_out, secret_of_hook_out
from engine.people import SYSTEM, Actor
from engine.runtime.jobs import JobKind, insert_jobs, new_job
from engine.tables import job
from engine.work import look, run_due, take
from engine.work.dispatcher import SENDERS, Dispatcher
from tests.hooks.conftest import KEY
from tests.hooks.receivers import answering, receiver
from tests.runtime.conftest import rows

EVE = Actor("Eve")


def begin(house, text="x", **said):
    return commands.start(house, "works", variables={"text": text}, actor=SYSTEM, **said).instance_id


def listed(house, **which):
    return deliveries(house.database, actor=SYSTEM, **which)


def test_a_notice_goes_out_signed_after_its_step(house, tell, clock):
    with receiver(answering(200, b"thanks")) as desk:
        hook = tell(desk.url)
        instance = begin(house)
        assert desk.calls == []
        run_due(house)
        (call,) = desk.calls
        secret = secret_of_hook_out(hook, KEY, actor=SYSTEM)
        message_id = Signed(None, call.headers, call.body).check(secret, now_s=int(clock.now().timestamp()))
    told = json.loads(call.body)
    assert (told["type"], told["instanceId"], told["isDrill"], told["data"]["to"]) == ("mail", instance, False, "Ann")
    assert told["timestamp"] == "2026-11-24T01:00:00.000000+00:00"
    (done,) = listed(house)
    assert (done.id, done.status, done.attempts, done.status_code, done.answer, done.error) == (
        message_id, Delivered.DELIVERED, 1, 200, "thanks", None,
    )  # fmt: skip
    assert run_due(house).moved == 0


def test_a_drill_says_so(house, tell):
    with receiver(answering(200)) as desk:
        tell(desk.url)
        begin(house, is_drill=True)
        run_due(house)
        assert json.loads(desk.calls[0].body)["isDrill"] is True


def test_a_step_that_fails_tells_nobody(house, tell):
    with receiver(answering(200)) as desk:
        tell(desk.url)
        begin(house, text="fail")
        run_due(house)
        assert desk.calls == []
    assert listed(house) == ()


@pytest.mark.parametrize(
    ("events", "is_told"), [(("mail",), True), (("*",), True), (("sla.*", "ma*"), True), (("sla.*",), False), (("mai",), False)]
)
def test_a_hook_is_told_of_the_kinds_that_it_wants(house, tell, events, is_told):
    with receiver(answering(200)) as desk:
        tell(desk.url, *events)
        begin(house)
        run_due(house)
        assert bool(desk.calls) is is_told


def test_a_hook_that_is_paused_is_told_nothing_new(house, tell):
    with receiver(answering(200)) as desk:
        tell(desk.url)
        change_hook_out(house.database, "desk", is_enabled=False, actor=SYSTEM)
        begin(house)
        run_due(house)
        assert desk.calls == []


def test_a_refusal_is_tried_again_with_growing_pauses_and_the_same_id(house, tell, clock):
    with receiver(answering(503, b"later")) as desk:
        tell(desk.url)
        begin(house)
        run_due(house)
        (waiting,) = listed(house)
        assert (waiting.status, waiting.attempts, waiting.status_code, waiting.answer) == (Delivered.WAITING, 1, 503, "later")
        assert "answered 503" in waiting.error
        clock.advance(timedelta(seconds=9))
        run_due(house)
        assert len(desk.calls) == 1
        clock.advance(timedelta(seconds=2))
        run_due(house)
        assert len(desk.calls) == 2
        desk.answer = answering(200)
        clock.advance(timedelta(seconds=67))
        run_due(house)
        first, second, third = desk.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == third.headers["webhook-id"]
    assert first.body == third.body
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    (done,) = listed(house)
    assert (done.status, done.attempts, done.error) == (Delivered.DELIVERED, 3, None)


def test_after_the_last_try_an_operator_sees_a_failure_and_tries_again(house, tell, clock):
    with receiver(answering(500)) as desk:
        tell(desk.url)
        begin(house)
        for _ in range(8):
            run_due(house)
            clock.advance(timedelta(hours=7))
        assert len(desk.calls) == 7
        (failed,) = listed(house, status=Delivered.FAILED)
        (failure,) = queries.failures(house, actor=SYSTEM).items
        assert (failed.attempts, "answered 500" in failure.message) == (7, True)
        desk.answer = answering(204)
        commands.retry(house, failure.id, actor=SYSTEM)
        run_due(house)
    assert [each.status for each in listed(house)] == [Delivered.DELIVERED]


def test_who_is_not_there_and_who_redirects_are_failed_tries(house, tell):
    with receiver(answering(200)) as gone:
        pass
    with receiver(answering(307, Location="http://127.0.0.1:1/")) as elsewhere:
        tell(gone.url, name="gone")
        tell(elsewhere.url, name="elsewhere")
        begin(house)
        run_due(house)
    errors = {each.hook: each.error for each in listed(house)}
    assert "did not answer" in errors["gone"]
    assert "answered 307" in errors["elsewhere"]


def test_a_private_address_is_not_called_once_the_house_forbids_it(house, tell):
    with receiver(answering(200)) as desk:
        tell(desk.url)
        object.__setattr__(house.settings, "private_webhooks", False)
        begin(house)
        run_due(house)
        assert desk.calls == []
    assert "not a public address" in listed(house)[0].error
    with pytest.raises(Invalid, match="not a public address"):
        add_hook_out(house.database, "x", url=desk.url, events=("mail",), may_be_private=False, actor=SYSTEM, now=house.clock.now())


def test_no_lock_is_held_while_a_receiver_takes_its_time(house, tell):
    """The receiver itself writes to the database before it answers: whatever held a lock would wait for the other for ever."""

    def answer(handler):
        begin(house, text="inside")
        answering(200)(handler)

    with receiver(answer) as desk:
        tell(desk.url, "nothing", name="other")
        hook = tell(desk.url)
        begin(house)
        change_hook_out(house.database, hook.name, is_enabled=False, actor=SYSTEM)
        run_due(house)
    assert [each.status for each in listed(house)] == [Delivered.DELIVERED]


def wait_until(is_so) -> bool:
    """Wait until something is so, for ten seconds at most."""
    pause = threading.Event()
    return any(is_so() or pause.wait(0.05) for _ in range(200))


def put_start(house):
    """Queue the start of a process, due now, and return the job's id."""
    said = {"name": "works", "payload": {"key": "works", "variables": {"text": "z"}}}
    made = new_job(JobKind.START, now=house.clock.now(), retries=1, **said)
    with house.database.write() as connection:
        insert_jobs(connection, [made])
    return made.id


def test_slow_receivers_keep_nobody_else_waiting(house, tell):
    """More hooks hang than there are senders, each with many notices; what else is due is done meanwhile."""
    house.clock = SystemClock()
    release = threading.Event()

    def hang(handler):
        release.wait(20)
        answering(200)(handler)

    with receiver(hang) as slow:
        for number in range(SENDERS + 2):
            tell(slow.url, name=f"slow{number}")
        for _ in range(3):
            begin(house)
        dispatcher = Dispatcher(house, take(house.database, "a", now=house.clock.now(), ttl=house.settings.lease))
        dispatcher.start()
        try:
            assert wait_until(lambda: len(slow.calls) >= SENDERS)
            started = put_start(house)
            assert wait_until(lambda: started not in {row.id for row in rows(house, job)})
            assert not release.is_set()
        finally:
            release.set()
            dispatcher.stop()


def test_many_notices_do_not_hide_other_work(house, tell):
    with receiver(answering(200)) as desk:
        tell(desk.url)
        for _ in range(6):
            begin(house)
        house.clock.advance(timedelta(seconds=1))
        put_start(house)
        assert [each.kind for each in look(house, limit=2).jobs] == ["start", "notice", "notice"]
        hook = list_hooks_out(house.database, actor=SYSTEM)[0].id
        assert [each.kind for each in look(house, limit=2, busy=[hook]).jobs] == ["start"]


def test_a_removed_hook_is_told_nothing_of_what_waited(house, tell):
    with receiver(answering(200)) as desk:
        tell(desk.url)
        begin(house)
        remove_hook_out(house.database, "desk", actor=SYSTEM)
        swept = run_due(house)
        assert (desk.calls, swept.jobs["gone"]) == ([], 1)
    assert listed(house) == ()
    assert rows(house, job) == []


def test_deliveries_are_listed_newest_first_and_forgotten_in_time(house, tell, clock):
    with receiver(answering(200)) as desk:
        tell(desk.url)
        tell(desk.url, name="second")
        for _ in range(2):
            begin(house)
            clock.advance(timedelta(minutes=1))
        run_due(house)
    every = listed(house)
    assert [each.id for each in every] == sorted((each.id for each in every), reverse=True)
    assert [each.id for each in listed(house, hook="second")] == [each.id for each in every if each.hook == "second"]
    assert listed(house, before=every[1].id) == every[2:]
    with pytest.raises(NotFound):
        listed(house, hook="third")
    clock.advance(timedelta(days=31))
    house.tidy()
    assert listed(house) == ()


def test_a_body_with_anything_a_notice_can_hold_is_sent_as_utf_8(house, tell):
    with receiver(answering(200, "谢谢\x00".encode())) as desk:
        tell(desk.url)
        begin(house, business_key="故障-7")
        run_due(house)
        assert json.loads(desk.calls[0].body)["data"]["business_key"] == "故障-7"
    assert listed(house)[0].answer == "谢谢"


def test_hooks_are_added_once_and_by_those_who_may(house, tell):
    tell("https://host.example/hook")
    with pytest.raises(Conflict):
        tell("https://host.example/hook")
    for events in ((), ("",), ("Mail!",), ("x" * 65,), tuple(f"a{number}" for number in range(21))):
        with pytest.raises(Invalid):
            told_of(house, *events)
    for forbidden in (
        lambda: told_of(house, "*", actor=EVE),
        lambda: list_hooks_out(house.database, actor=EVE),
        lambda: remove_hook_out(house.database, "desk", actor=EVE),
        lambda: change_hook_out(house.database, "desk", is_enabled=False, actor=EVE),
        lambda: deliveries(house.database, actor=EVE),
    ):
        with pytest.raises(Forbidden):
            forbidden()


def told_of(house, *events, actor=SYSTEM):
    given = {"url": "https://h.example/", "may_be_private": False, "now": house.clock.now()}
    return add_hook_out(house.database, "other", events=events, actor=actor, **given)


def test_no_secret_lies_in_the_database(house, tell):
    hook = tell("https://host.example/hook")
    assert secret_of_hook_out(hook, KEY, actor=SYSTEM).removeprefix("whsec_") not in repr(hook)


def test_a_worker_that_was_lost_in_the_last_try_ends_in_a_failure(house, tell, clock):
    tell("http://127.0.0.1:1/")
    begin(house)
    with house.database.write() as connection:
        lost = {"status": "taken", "worker": "gone", "attempts": 7, "locked_until": clock.now()}
        connection.execute(sa.update(job).values(**lost))
    clock.advance(timedelta(seconds=1))
    run_due(house)
    (failure,) = queries.failures(house, actor=SYSTEM).items
    assert "was lost in the last try" in failure.message
    assert [each.status for each in listed(house)] == [Delivered.FAILED]

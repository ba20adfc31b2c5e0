"""Workers that wait for work: woken by what makes it, few looks for all of them, no seat for too many, none for who has gone."""

from __future__ import annotations

import base64
import json
import queue
import socket
import threading
from datetime import timedelta

import pytest

from engine import commands
from engine.commands import SEATS, ProcessEngine, Topic, Wish
from engine.people import SYSTEM
from engine.runtime import waiting_room
from tests.rest.conftest import PASSWORD
from tests.rest.external import PARCEL, SOON_S, begin, fetch, path, until

LONG = timedelta(seconds=50)


@pytest.fixture(autouse=True)
def parcels(deploy):
    deploy(PARCEL)


@pytest.fixture
def seldom(monkeypatch):
    """Look at the database once at first and then never in the length of a test: who wakes was woken."""
    monkeypatch.setattr(waiting_room, "LOOK_EVERY_S", 1000.0)


@pytest.fixture
def waits(house):
    """A function that lets a worker wait in a thread of its own and returns the queue in which its answer comes."""
    threads = []

    def start(engine=house, topic="ship", wait=LONG, is_wanted=lambda: True):
        answers = queue.Queue()
        wish = Wish("w1", (Topic(topic, timedelta(minutes=1)),), 1)

        def run():
            answers.put(commands.fetch_external_tasks(engine, wish, actor=SYSTEM, wait=wait, is_wanted=is_wanted))

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return answers

    yield start
    house.waiting_room.close()
    for thread in threads:
        thread.join()


def seated(house, number):
    until(lambda: house.waiting_room.free_seats == SEATS - number)


def test_a_waiting_worker_is_woken_by_the_commit_that_makes_work(house, waits, seldom, counted):
    answers = waits()
    seated(house, 1)
    started = begin(house)
    [fetched] = answers.get(timeout=SOON_S)
    assert fetched.task.instance_id == started


@pytest.mark.parametrize("how", ["unlock", "retries", "resolve"])
def test_a_waiting_worker_is_woken_by_an_operator_who_gives_work_back(house, waits, seldom, wanda, olga, how):
    begin(house)
    [task] = fetch(wanda)
    if how != "unlock":
        wanda.post(path(task["id"], "failure"), {"workerId": "w1", "retries": 0, "errorMessage": "no"}, expect=204)
        house.clock.advance(timedelta(minutes=1))
    answers = waits()
    seated(house, 1)
    if how == "unlock":
        wanda.post(path(task["id"], "unlock"), expect=204)
    elif how == "retries":
        olga.put(path(task["id"], "retries"), {"retries": 1})
    else:
        olga.delete(f"/engine-rest/incident/{olga.get('/engine-rest/incident')[0]['id']}")
    assert [each.task.id for each in answers.get(timeout=SOON_S)] == [task["id"]]


def test_a_waiting_worker_sees_what_another_process_made(house, waits):
    other = ProcessEngine(house.database, house.clock, house.handlers)
    answers = waits()
    seated(house, 1)
    started = begin(other)
    assert [each.task.instance_id for each in answers.get(timeout=SOON_S)] == [started]


def test_a_waiting_worker_gets_what_another_lost(house, waits, wanda):
    begin(house)
    [task] = fetch(wanda, who="dead", lock_ms=60_000)
    answers = waits()
    seated(house, 1)
    house.clock.advance(timedelta(minutes=1))
    assert [each.task.id for each in answers.get(timeout=SOON_S)] == [task["id"]]


def test_one_task_wakes_many_and_is_given_to_one(house, waits, seldom):
    several = [waits() for _ in range(5)]
    seated(house, 5)
    begin(house)
    until(lambda: any(not answers.empty() for answers in several))
    seated(house, 4)
    house.waiting_room.close()
    assert sorted(len(answers.get(timeout=SOON_S)) for answers in several) == [0, 0, 0, 0, 1]


def test_who_waits_in_vain_is_answered_in_time(waits):
    assert waits(wait=timedelta(milliseconds=300)).get(timeout=SOON_S) == ()


def test_all_who_wait_share_their_looks(house, waits, counted):
    seen = counted(house.database)
    several = [waits(topic=f"none{number}", wait=timedelta(seconds=1.2)) for number in range(SEATS)]
    assert [answers.get(timeout=SOON_S) for answers in several] == [()] * SEATS
    looks = [statement for statement in seen if "DISTINCT" in statement]
    assert 2 <= len(looks) <= 5
    assert len([statement for statement in seen if "FROM job" in statement]) == len(looks) + SEATS


def test_whoever_finds_no_seat_is_answered_at_once(house, waits):
    for number in range(SEATS):
        waits(topic=f"none{number}")
    seated(house, SEATS)
    assert waits(topic="none").get(timeout=SOON_S) == ()
    begin(house)
    assert len(waits().get(timeout=SOON_S)) == 1


def test_nobody_wants_a_task_for_a_client_that_has_gone(house, waits, wanda):
    there = threading.Event()
    there.set()
    answers = waits(is_wanted=there.is_set)
    seated(house, 1)
    there.clear()
    assert answers.get(timeout=SOON_S) == ()
    seated(house, 0)
    begin(house)
    assert len(fetch(wanda, who="w2")) == 1


def test_a_closed_room_lets_nobody_wait(house, waits):
    answers = waits()
    seated(house, 1)
    house.waiting_room.close()
    assert answers.get(timeout=SOON_S) == ()
    assert waits().get(timeout=SOON_S) == ()


def test_over_http_a_client_that_hangs_up_frees_its_seat_and_takes_nothing(house, server, wanda):
    body = json.dumps(
        {"workerId": "gone", "maxTasks": 1, "asyncResponseTimeout": 50_000, "topics": [{"topicName": "ship", "lockDuration": 60_000}]}
    )
    host, port = server.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=SOON_S) as client:
        client.sendall(request(body))
        seated(house, 1)
    seated(house, 0)
    begin(house)
    assert len(fetch(wanda, who="w2")) == 1


def request(body):
    who = base64.b64encode(f"Wanda:{PASSWORD}".encode()).decode()
    head = f"POST /engine-rest/external-task/fetchAndLock HTTP/1.1\r\nHost: here\r\nAuthorization: Basic {who}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

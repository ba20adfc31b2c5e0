"""Compensation and transactions (BPMN 2.0, 13.5.5 and 13.3.4)."""

from __future__ import annotations

from typing import Any

from engine.execution.model import TopicCall
from tests.elements.play import Play, scenario


@scenario("compensation-all")
def test_compensation_undoes_what_completed_in_reverse_order_before_it_goes_on(play: Play) -> None:
    play.start(log=[])
    play.complete("decide", undo=True)
    assert play.variables["log"] == ["one", "two", "undo_two", "undo_one", "note"]
    assert play.trace == "start one two decide back undo_two undo_one undo_all note end"
    assert play.is_completed


@scenario("compensation-all")
def test_nothing_is_undone_where_nobody_asks_for_it(play: Play) -> None:
    play.start(log=[])
    play.complete("decide", undo=False)
    assert play.variables["log"] == ["one", "two", "never"]
    assert play.is_completed


@scenario("compensation-one")
def test_compensation_of_one_activity_undoes_just_that(play: Play) -> None:
    play.start(log=[])
    assert play.variables["log"] == ["one", "two", "undo_one"]
    assert play.trace == "start one two undo_one undo_first"
    assert play.is_completed


@scenario("compensation-end")
def test_a_compensation_end_event_undoes_all(play: Play) -> None:
    play.start(log=[])
    assert play.variables["log"] == ["one", "two", "undo_two", "undo_one"]
    assert play.is_completed


@scenario("compensation-in-subprocess")
def test_a_completed_subprocess_is_undone_from_the_inside(play: Play) -> None:
    play.start(log=[])
    assert play.variables["log"] == ["one", "two", "three", "undo_three", "undo_two", "undo_one"]
    assert play.is_completed


def book(call: TopicCall) -> dict[str, Any]:
    return {"booked": call.inputs["seat"]}


def give_back(call: TopicCall) -> dict[str, Any]:
    return {"given_back": call.inputs["given"]}


@scenario("compensation-data", topics={"seat.book": book, "seat.give_back": give_back})
def test_what_undoes_sees_the_local_variables_of_what_it_undoes(play: Play) -> None:
    play.start(wanted=7)
    assert play.variables == {"wanted": 8, "given_back": 7}
    assert play.is_completed


@scenario("compensation-multi-instance")
def test_each_instance_of_a_multi_instance_is_undone_latest_first(play: Play) -> None:
    play.start(log=[], items=["a", "b", "c"])
    assert play.variables["log"] == ["a", "b", "c", "undo c", "undo b", "undo a"]
    assert play.is_completed


@scenario("compensation-event-subprocess")
def test_a_compensation_event_subprocess_undoes_its_subprocess(play: Play) -> None:
    play.start(log=[])
    assert play.variables["log"] == ["one", "apologise", "undo_one"]
    assert play.is_completed


@scenario("compensation-nothing-done")
def test_compensation_with_nothing_to_undo_goes_on(play: Play) -> None:
    play.start()
    assert play.trace == "start undo_all end"


@scenario("transaction")
def test_a_transaction_that_ends_well_goes_on(play: Play) -> None:
    play.start(log=[])
    play.complete("pay", paid=True)
    play.complete("watch_weather")
    assert play.trace.split()[-2:] == ["booking", "end"]
    assert play.variables["log"] == ["book_hotel", "book_ferry"]
    assert play.is_completed


@scenario("transaction")
def test_a_cancelled_transaction_is_undone_then_left_by_its_cancel_boundary_event(play: Play) -> None:
    play.start(log=[])
    play.complete("pay", paid=False)
    assert play.waiting == "cancel_ferry"
    assert play.variables["log"] == ["book_hotel", "book_ferry"]
    play.complete("cancel_ferry")
    assert play.variables["log"] == ["book_hotel", "book_ferry", "cancel_hotel"]
    assert play.trace.split()[-2:] == ["cancelled", "cancelled_end"]
    assert "watch_weather" in play.cancelled.split()
    assert play.is_completed

"""Gateways, and flows that split and merge without one (BPMN 2.0, 13.4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.elements.play import START, Play, Scenario, Way, scenario


@scenario("exclusive-order")
def test_an_exclusive_gateway_asks_in_the_files_order_and_not_in_the_drawings(play: Play) -> None:
    play.start(n=500)
    assert play.trace == "start size big_end"


@scenario("exclusive-order")
def test_an_exclusive_gateway_takes_the_first_flow_that_holds(play: Play) -> None:
    play.start(n=50)
    assert play.trace == "start size medium_end"


@scenario("exclusive-order")
def test_an_exclusive_gateway_takes_its_default_when_nothing_holds(play: Play) -> None:
    play.start(n=5)
    assert play.trace == "start size small_end"


@scenario("exclusive-no-way")
def test_an_exclusive_gateway_without_a_way_fails_until_it_is_retried(play: Play) -> None:
    play.start(n=50)
    assert play.failed.startswith("size: No flow leads on from 'size'")
    play.set(n=5)
    play.retry("size")
    assert play.trace == "start size small_end"
    assert play.is_completed


@scenario("exclusive-merge")
def test_an_exclusive_gateway_passes_each_token_on(play: Play) -> None:
    play.start(rounds=0)
    assert play.variables["rounds"] == 2
    assert play.trace.split().count("end") == 2
    assert play.is_completed


@scenario("parallel")
def test_a_parallel_join_waits_for_all(play: Play) -> None:
    play.start()
    play.complete("two", second=2)
    play.complete("one", first=1)
    assert play.waiting == "three"
    play.complete("three", third=3)
    assert play.trace == "start fork two one three join end"
    assert play.variables == {"first": 1, "second": 2, "third": 3}
    assert play.is_completed


@scenario("parallel-join-and-fork")
def test_one_parallel_gateway_joins_and_forks(play: Play) -> None:
    play.start()
    play.complete("one")
    assert play.waiting == "two"
    play.complete("two")
    assert play.waiting == "four three"
    play.complete("three")
    play.complete("four")
    assert play.trace == "start fork one two both three three_end four four_end"


@scenario("parallel-unbalanced")
def test_a_parallel_join_takes_the_tokens_of_unbalanced_forks(play: Play) -> None:
    play.start()
    play.complete("three")
    play.complete("one")
    assert play.is_active
    play.complete("two")
    assert play.trace == "start fork inner_fork three one two join end"
    assert play.is_completed


@scenario("parallel-in-loop")
def test_a_parallel_join_in_a_loop_waits_anew_each_round(play: Play) -> None:
    play.start(rounds=0)
    assert play.variables["rounds"] == 3
    assert play.trace.split().count("join") == 3
    assert play.trace.split().count("one") == 3
    assert play.is_completed


@scenario("parallel-many-tokens")
def test_two_tokens_through_a_fork_join_in_two_rounds(play: Play) -> None:
    play.start(rounds=0)
    assert play.waiting == "left left right right"
    play.complete("left")
    play.complete("left")
    assert play.variables["rounds"] == 0
    play.complete("right")
    assert play.variables["rounds"] == 1
    play.complete("right")
    assert play.variables["rounds"] == 2
    assert play.is_completed


@scenario("parallel-lists")
def test_lists_are_not_corrupted_at_a_parallel_join(play: Play) -> None:
    play.start(items=[1, 2])
    assert play.variables == {"items": [1, 2, 2, 2], "first": [1, 1, 2], "second": [2]}


@scenario("parallel-32-blocks")
def test_32_parallel_blocks_in_a_row_run_at_once(play: Play) -> None:
    play.start()
    assert len(play.trace.split()) == 2 + 32 * 4
    assert play.is_completed


@scenario("inclusive")
def test_an_inclusive_gateway_takes_every_flow_that_holds_and_joins_just_those(play: Play) -> None:
    play.start(wants_power=True, wants_water=False, wants_crew=True)
    assert play.waiting == "crew power"
    play.complete("crew")
    assert play.is_active
    play.complete("power")
    assert play.trace == "start needs crew power ready end"
    assert play.is_completed


@scenario("inclusive")
def test_an_inclusive_gateway_takes_all_flows(play: Play) -> None:
    play.start(wants_power=True, wants_water=True, wants_crew=True)
    for element in ("power", "water", "crew"):
        play.complete(element)
    assert play.trace == "start needs power water crew ready end"


@scenario("inclusive")
def test_an_inclusive_gateway_takes_its_default_only_when_nothing_holds(play: Play) -> None:
    play.start(wants_power=False, wants_water=False, wants_crew=False)
    assert play.trace == "start needs none_needed ready end"


@scenario("inclusive-no-way")
def test_an_inclusive_gateway_without_a_way_fails(play: Play) -> None:
    play.start(wants_power=False, wants_water=False)
    assert play.failed.startswith("needs: No flow leads on from 'needs'")


@scenario("inclusive-in-loop")
def test_an_inclusive_join_in_a_loop_waits_for_the_tokens_of_its_round(play: Play) -> None:
    play.start(rounds=0)
    play.complete("power")
    assert play.waiting == "power water"
    play.complete("water")
    assert play.variables["rounds"] == 1
    play.complete("power")
    assert play.variables["rounds"] == 3
    assert play.trace.split().count("rest") == 1
    assert play.is_completed


@scenario("inclusive-branch-ends")
def test_an_inclusive_join_passes_when_the_other_token_took_another_way(play: Play) -> None:
    play.start(passes=0, needed=False)
    play.complete("prepare")
    assert play.variables["passes"] == 0
    play.complete("check")
    assert play.variables["passes"] == 1
    assert play.is_completed


@scenario("inclusive-branch-ends")
def test_an_inclusive_join_waits_for_a_token_that_may_still_come(play: Play) -> None:
    play.start(passes=0, needed=True)
    play.complete("prepare")
    play.complete("check")
    assert play.variables["passes"] == 1
    assert play.trace == "start fork prepare check still_needed work ready count end"


@scenario("inclusive-with-boundary")
def test_an_inclusive_join_waits_for_what_a_boundary_event_may_send(play: Play) -> None:
    play.start()
    play.complete("power")
    assert play.is_active
    play.fire("late")
    assert play.trace.split()[-4:] == ["late", "borrow_water", "ready", "end"]
    assert play.is_completed


@scenario("event-gateway")
def test_an_event_gateway_takes_the_message(play: Play) -> None:
    play.start(temperature=50)
    assert play.waiting == "answered cool one_minute one_second stopped withdrawn"
    play.fire("answered", text="yes")
    assert play.trace == "start what_comes answered answered_end"
    assert play.waiting == ""
    assert play.variables["text"] == "yes"
    assert play.is_completed


@scenario("event-gateway")
def test_an_event_gateway_takes_the_signal(play: Play) -> None:
    play.start(temperature=50)
    play.fire("stopped")
    assert play.trace == "start what_comes stopped stopped_end"


@scenario("event-gateway")
def test_an_event_gateway_takes_the_receive_task(play: Play) -> None:
    play.start(temperature=50)
    play.fire("withdrawn")
    assert play.trace == "start what_comes withdrawn withdrawn_end"


@scenario("event-gateway")
def test_an_event_gateway_takes_the_condition(play: Play) -> None:
    play.start(temperature=50)
    play.set(temperature=20)
    assert play.trace == "start what_comes cool cool_end"
    assert play.is_completed


@scenario("event-gateway")
def test_two_timers_of_an_event_gateway_have_each_its_own_time(play: Play) -> None:
    play.start(temperature=50)
    assert play.wait("one_second").due_at == START + timedelta(seconds=1)
    assert play.wait("one_minute").due_at == START + timedelta(minutes=1)
    play.fire("one_second")
    assert play.trace == "start what_comes one_second second_end"
    assert play.is_completed


@scenario("event-gateway-in-loop")
def test_an_event_gateway_in_a_loop_waits_anew(play: Play) -> None:
    play.start(reminders=0)
    play.fire("remind")
    assert play.wait("remind").due_at == START + timedelta(hours=2)
    play.fire("remind")
    play.fire("answered")
    assert play.variables["reminders"] == 2
    assert play.is_completed


@scenario("several-flows-out")
def test_several_flows_out_of_an_activity_are_all_taken(play: Play) -> None:
    play.start()
    play.complete("two")
    play.complete("one")
    assert play.trace == "start split two end one end"
    assert play.is_completed


@scenario("several-flows-out-of-start")
def test_several_flows_out_of_a_start_event_are_all_taken(play: Play) -> None:
    play.start()
    assert play.waiting == "one two"
    play.complete("one")
    play.complete("two")
    assert play.is_completed


@scenario("conditional-flows")
def test_conditional_flows_out_of_an_activity_are_taken_where_they_hold(play: Play) -> None:
    play.start()
    play.complete("assess", severity=9)
    assert play.trace == "start assess call_chief call_crew end end"


@scenario("conditional-flows")
def test_one_conditional_flow_may_hold_alone(play: Play) -> None:
    play.start()
    play.complete("assess", severity=6)
    assert play.trace == "start assess call_crew end"


@scenario("conditional-flows")
def test_an_activitys_default_flow_serves_when_no_condition_holds(play: Play) -> None:
    play.start()
    play.complete("assess", severity=1)
    assert play.trace == "start assess routine end"


@scenario("one-conditional-flow")
def test_the_condition_of_an_activitys_only_flow_is_not_ignored(play: Play) -> None:
    play.start()
    play.complete("assess", approved=False)
    assert play.failed.startswith("assess: No flow leads on from 'assess'")
    play.set(approved=True)
    play.retry("assess")
    assert play.trace == "start assess end"
    assert play.is_completed


@scenario("several-flows-in")
def test_an_activity_with_several_flows_in_runs_for_each_token(play: Play) -> None:
    play.start(times=0)
    assert play.variables["times"] == 2
    assert play.trace.split().count("end") == 2
    assert play.is_completed


@scenario("back-branch")
def test_a_branch_may_lead_back_to_before_its_fork(play: Play) -> None:
    play.start()
    play.complete("work")
    play.complete("check", fine=False)
    assert play.waiting == "work"
    play.complete("work")
    play.complete("check", fine=True)
    assert play.trace == "start work fork copy_end check fine work fork copy_end check fine end"
    assert play.is_completed


@scenario("automatic-loop")
def test_an_automatic_loop_passes_the_depth_at_which_the_stock_engine_dies(play: Play) -> None:
    play.start(rounds=0, most=600)
    assert play.variables["rounds"] == 600
    assert play.is_completed


def turns(play: Play, most: int) -> None:
    play.start(rounds=0, most=most)
    for _ in range(most):
        play.complete("turn")
    assert play.variables["rounds"] == most
    assert play.is_completed


@scenario("long-loop")
def test_a_person_may_go_round_and_round(play: Play) -> None:
    turns(play, 50)


@pytest.mark.parametrize("way", [Way.STRAIGHT, Way.SAVED])
def test_a_loop_of_3000_rounds_ends_and_its_state_does_not_grow(way: Way) -> None:
    played = Scenario(("long-loop.bpmn",), {}, lambda play: turns(play, 3000)).play(way)
    assert max(played.sizes[10:]) <= max(played.sizes[:10]) + len("3000") - len("9")


@scenario("subprocess-loop")
def test_a_looping_subprocess_with_a_boundary_timer_keeps_its_state_small(play: Play) -> None:
    play.start(rounds=0, most=100)
    for _ in range(100):
        play.complete("work")
    assert play.variables["rounds"] == 100
    assert max(play.sizes) <= play.sizes[0] + 6 or play.way is Way.KEPT
    assert play.is_completed

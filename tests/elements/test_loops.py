"""Multi-instance activities and standard loops (BPMN 2.0, 13.3.6 and 13.3.7)."""

from __future__ import annotations

from typing import Any

from engine.execution.model import TopicCall
from tests.elements.play import Play, scenario


@scenario("multi-parallel-user")
def test_a_parallel_multi_instance_gives_each_person_a_task_and_gathers_in_order(play: Play) -> None:
    play.start(people=["ann", "bob", "eve"])
    assert [play.wait("review", nth=n).human.assignee for n in range(3)] == ["ann", "bob", "eve"]
    play.complete("review", nth=2, answer="third")
    play.complete("review", nth=0, answer="first")
    play.complete("review", answer="second")
    assert play.variables == {"people": ["ann", "bob", "eve"], "answers": ["first", "second", "third"]}
    assert play.trace == "start review review review review end"
    assert play.is_completed


@scenario("multi-parallel-user")
def test_an_empty_collection_is_passed_and_gathers_an_empty_list(play: Play) -> None:
    play.start(people=[])
    assert play.trace == "start review end"
    assert play.variables == {"people": [], "answers": []}


@scenario("multi-parallel-user")
def test_a_collection_that_is_no_list_fails(play: Play) -> None:
    play.start(people="ann")
    assert play.failed.startswith("review: 'review' repeats over a list, not over 'ann'")
    play.set(people=["ann"])
    play.retry("review")
    assert play.waiting == "review"


@scenario("multi-sequential-user")
def test_a_sequential_multi_instance_goes_one_by_one(play: Play) -> None:
    play.start(people=["ann", "bob"])
    assert play.waiting == "review"
    assert play.wait("review").human.assignee == "ann"
    play.complete("review", answer=1)
    assert play.wait("review").human.assignee == "bob"
    play.complete("review", answer=2)
    assert play.variables["answers"] == [1, 2]
    assert play.is_completed


@scenario("multi-sequential-user")
def test_an_empty_collection_is_passed_one_by_one_too(play: Play) -> None:
    play.start(people=[])
    assert play.trace == "start review end"
    assert play.variables["answers"] == []


@scenario("multi-cardinality")
def test_a_cardinality_says_how_often_and_loop_counter_counts_from_zero(play: Play) -> None:
    play.start(times=4, total=0)
    assert play.variables == {"times": 4, "total": 0 + 1 + 2 + 3 + 3}
    assert play.is_completed


@scenario("multi-cardinality")
def test_500_instances_run(play: Play) -> None:
    play.start(times=500, total=0)
    assert play.variables["total"] == sum(range(500)) + 3
    assert play.is_completed


@scenario("multi-completion")
def test_a_completion_condition_ends_the_others(play: Play) -> None:
    play.start(people=["ann", "bob", "eve", "dan"])
    play.complete("vote", nth=3, vote="yes")
    assert play.waiting == "vote vote vote"
    play.complete("vote", nth=1, vote="no")
    assert play.waiting == ""
    assert play.variables["votes"] == ["no", "yes"]
    assert play.cancelled == "vote vote"
    assert play.is_completed


@scenario("multi-completion-sequential")
def test_a_completion_condition_sees_the_instances_own_result(play: Play) -> None:
    play.start(people=["ann", "bob", "eve"])
    play.complete("vote", vote="yes")
    play.complete("vote", vote="no")
    assert play.variables["votes"] == ["yes", "no"]
    assert play.is_completed


@scenario("multi-subprocess")
def test_each_instance_of_a_subprocess_has_its_own_local_variables(play: Play) -> None:
    play.start(items=[1, 2, 3])
    play.complete("work", nth=1)
    play.complete("work", nth=1)
    play.complete("work")
    assert play.variables == {"items": [1, 2, 3], "results": [10, 21, 32]}
    assert play.is_completed


@scenario("multi-subprocess-sequential")
def test_a_sequential_subprocess_runs_one_after_the_other(play: Play) -> None:
    play.start(items=["a", "b"])
    assert play.waiting == "work"
    play.complete("work")
    play.complete("work")
    assert play.trace == "start each_start work each_end each each_start work each_end each each end"


@scenario("multi-call")
def test_a_multi_instance_call_activity_gathers_what_each_call_returns(play: Play) -> None:
    play.start(items=[3, 1, 2])
    assert play.variables["results"] == [6, 2, 4]
    assert play.is_completed


def page(call: TopicCall) -> dict[str, Any]:
    return {"receipt": f"{call.inputs['who']} paged"}


@scenario("multi-service", topics={"crew.page": page})
def test_a_multi_instance_service_task_runs_inline_or_as_one_job_after_the_other(play: Play) -> None:
    play.start(crew=["ann", "bob"])
    assert play.variables["receipts"] == ["ann paged", "bob paged"]
    play.complete("parcel")
    assert play.waiting == "parcel"
    play.complete("parcel")
    assert play.is_completed


@scenario("multi-boundary")
def test_an_interrupting_boundary_event_ends_all_instances(play: Play) -> None:
    play.start(people=["ann", "bob"])
    assert play.waiting == "late remind review review"
    play.complete("review")
    play.fire("late")
    assert play.trace == "start review late late_end"
    assert play.is_completed


@scenario("multi-boundary")
def test_a_non_interrupting_boundary_event_watches_all_instances_as_one(play: Play) -> None:
    play.start(people=["ann", "bob"])
    play.fire("remind")
    assert play.waiting == "late remind review review"
    play.complete("review")
    play.complete("review")
    assert play.trace == "start remind remind_end review review review end"
    assert play.is_completed


@scenario("multi-error")
def test_an_error_of_one_instance_ends_all(play: Play) -> None:
    play.start()
    play.complete("work", fine=True)
    play.complete("work", fine=False)
    assert play.trace.split()[-1] == "caught_end"
    assert play.is_completed


@scenario("multi-nested")
def test_multi_instances_may_be_nested(play: Play) -> None:
    play.start(cells=[], lines=["a", "b"], columns=[1, 2])
    assert play.variables["cells"] == ["a1", "a2", "b1", "b2"]
    assert play.is_completed


@scenario("loop-after")
def test_a_standard_loop_tests_after_each_round(play: Play) -> None:
    play.start()
    play.complete("try_it", worked=False)
    assert play.waiting == "try_it"
    play.complete("try_it", worked=True)
    assert play.trace == "start try_it try_it try_it end"
    assert play.is_completed


@scenario("loop-before")
def test_a_standard_loop_that_tests_first_runs_while_its_condition_holds(play: Play) -> None:
    play.start(level=1)
    assert play.variables["level"] == 3


@scenario("loop-before")
def test_a_standard_loop_that_tests_first_may_not_run_at_all(play: Play) -> None:
    play.start(level=7)
    assert play.variables["level"] == 7
    assert play.trace == "start fill end"
    assert play.is_completed


@scenario("loop-maximum")
def test_a_standard_loop_stops_at_its_maximum(play: Play) -> None:
    play.start(level=0)
    assert play.variables["level"] == 4 + 20
    assert play.is_completed


@scenario("multi-cardinality-output")
def test_a_cardinality_may_gather_into_a_list_that_exists_already(play: Play) -> None:
    play.start(times=2, votes=["old"])
    play.complete("vote", nth=1, vote="no")
    play.complete("vote", vote="yes")
    assert play.variables == {"times": 2, "votes": ["yes", "no"]}
    assert play.is_completed


@scenario("multi-cardinality-output")
def test_a_cardinality_of_nothing_is_passed(play: Play) -> None:
    play.start(times=0)
    assert play.variables["votes"] == []
    assert play.is_completed


@scenario("multi-cardinality-output")
def test_a_cardinality_that_is_no_whole_number_fails(play: Play) -> None:
    play.start(times=2.5)
    assert play.failed.startswith("vote: 'vote' repeats a whole number of times, not 2.5")

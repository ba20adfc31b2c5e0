"""Deploying, starting, doing tasks, messages, signals, failures, history: each command as it answers people and programs."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from engine.clock import MovedClock, SystemClock
from engine.work import run_due
from tests.command.conftest import CHECK, PASSWORD, Command
from tests.runtime.diagrams import LISTENS, ORDERED, REPLY, catch, diagram, end, message_root, on_message, parallel, script, start, user
from watchbill.house import open_house
from watchbill.settings import load_settings

DIAGRAMS = Path(__file__).parent.parent / "diagrams"
PAID = diagram("paid", start(), catch("wait", on_message("m")), end(), flows="start>wait wait>end", roots=message_root("m", "money.in"))
NEEDY = diagram(
    "needy",
    start(),
    parallel("fork"),
    user("give"),
    script("use", "y = x + 1").replace("<bpmn:scriptTask", '<bpmn:scriptTask camunda:asyncBefore="true"'),
    end(),
    end("end2"),
    flows="start>fork fork>give fork>use give>end use>end2",
)


def deployed(watchbill: Command, folder: Path, content: bytes) -> None:
    (folder / "new.bpmn").write_bytes(content)
    watchbill("deploy", folder / "new.bpmn")


def started(watchbill: Command, *words: str) -> str:
    return str(watchbill.json("start", *words)["instance_id"])


def work_due(watchbill: Command, *, hours: float = 0) -> None:
    """Do what is due, as the work process would, some hours from now."""
    house = open_house(load_settings(watchbill.environment()), clock=MovedClock(SystemClock().now() + timedelta(hours=hours)))
    try:
        run_due(house.engine)
    finally:
        house.close()


def test_deploy_tells_each_definition_and_whether_it_is_new(watchbill: Command, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "check.bpmn").write_bytes(CHECK.replace(b'id="look"', b'id="look" camunda:priority="7"'))
    shutil.copy(DIAGRAMS / "rules.dmn", folder)

    lines = watchbill("deploy", folder, "--name", "mine").splitlines()
    assert "process check version 2" in lines
    assert [line for line in lines if line.startswith("decision ")]
    assert sorted(watchbill("deploy", folder, "--name", "mine").splitlines()) == sorted(f"{line} (unchanged)" for line in lines)
    made = watchbill.json("deploy", folder, "--name", "mine")
    assert (made["name"], made["is_new"]) == ("mine", False)
    assert set(made["definitions"][0]) == {"id", "kind", "key", "version", "name", "is_new"}


def test_a_refused_deployment_tells_all_problems_and_deploys_nothing(watchbill: Command, tmp_path: Path) -> None:
    first, second = tmp_path / "one.bpmn", tmp_path / "two.bpmn"
    first.write_bytes(CHECK.replace(b"check", b"one").replace(b'camunda:candidateGroups="desk"', b"").replace(b"sign>end", b""))
    second.write_bytes(b"<not-bpmn")
    before = watchbill.json("definitions", "--all")

    for words in (("deploy",), ("deploy", "--json")):
        result = watchbill.run(*words, first, second)
        lines = result.stderr.splitlines()
        assert (result.exit_code, result.stdout) == (1, "")
        assert lines[-1] == f"watchbill: {len(lines) - 1} problems; nothing was deployed."
        assert {line.split(":")[0] for line in lines[:-1]} == {"one.bpmn", "two.bpmn"}
    assert watchbill.json("definitions", "--all") == before


def test_lint_needs_no_home_and_ends_with_1_when_there_are_problems(bare: Command, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.bpmn", tmp_path / "bad.bpmn"
    good.write_bytes(CHECK)
    bad.write_bytes(CHECK.replace(b'camunda:candidateGroups="desk"', b"").replace(b'camunda:candidateGroups="bosses"', b""))

    assert bare("lint", good) == "No problems.\n"
    assert bare.json("lint", good) == []
    result = bare.run("lint", bad)
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.splitlines()[-1] == "2 problems."
    assert [line.split(": ")[1] for line in result.stdout.splitlines()[:-1]] == ["look", "sign"]
    told = bare.run("lint", "--json", bad)
    assert told.exit_code == 1
    assert '"file": "bad.bpmn"' in told.stdout
    assert not bare.home.exists()


def test_definitions_lists_the_latest_of_a_kind_or_all_versions(watchbill: Command, tmp_path: Path) -> None:
    (tmp_path / "check.bpmn").write_bytes(CHECK.replace(b"Look", b"Look well"))
    watchbill("deploy", tmp_path / "check.bpmn")

    latest = {each["key"]: each["version"] for each in watchbill.json("definitions")}
    assert latest == {"check": 2, "escalation": 1, "incident": 1, "sla_clock": 1}
    assert [each["version"] for each in watchbill.json("definitions", "--all") if each["key"] == "check"] == [2, 1]
    assert {each["kind"] for each in watchbill.json("definitions", "--kind", "decision")} == {"decision"}
    assert {each["kind"] for each in watchbill.json("definitions", "--kind", "form")} == {"form"}
    assert set(watchbill.json("definitions")[0]) == {
        "id", "kind", "key", "version", "version_tag", "name", "deployment_id", "is_latest", "is_suspended", "file",
    }  # fmt: skip
    assert watchbill("definitions").splitlines()[0].split() == ["key", "version", "version", "tag", "name", "id"]


def test_start_takes_a_business_key_variables_and_the_drill_flag(watchbill: Command) -> None:
    answer = watchbill.json("start", "check", "--business-key", "order:7", "--var", "a=1", "--var", 'b={"c": [true]}', "--var", "d=word")
    assert set(answer) == {"instance_id", "definition_id", "status"}
    first = watchbill.json("history", answer["instance_id"])[0]
    assert first["event"]["data"]["variables"] == {"a": 1, "b": {"c": [True]}, "d": "word"}
    assert watchbill("start", "check", "--drill").endswith(" (active)\n")

    rows = watchbill.json("instances", "--key", "check")
    assert [(row["business_key"], row["is_drill"]) for row in rows] == [(None, True), ("order:7", False)]
    assert set(rows[0]) == {
        "id", "definition_id", "definition_key", "business_key", "status", "started_at", "started_by", "ended_at", "end_reason",
        "is_drill", "super_instance_id",
    }  # fmt: skip


def test_instances_are_narrowed_by_state_key_business_key_and_number(watchbill: Command) -> None:
    assert watchbill("instances") == "No instances: watchbill start KEY.\n"
    kept = [started(watchbill, "check", "--business-key", f"order:{number}") for number in (1, 2)]

    def ids(*words: str) -> list[str]:
        return [row["id"] for row in watchbill.json("instances", *words)]

    assert ids() == kept[::-1]
    assert ids("--limit", "1") == kept[1:]
    assert ids("--business-key", "order:1") == kept[:1]
    assert ids("--status", "active") == kept[::-1]
    assert ids("--status", "completed") == ids("--key", "incident") == []
    table = watchbill("instances").splitlines()
    assert [line.split()[0] for line in table] == ["id", *kept[::-1]]


def test_people_see_claim_and_complete_their_own_tasks(watchbill: Command) -> None:
    instance = started(watchbill, "check", "--business-key", "order:7")
    task = watchbill.json("tasks", "--as", "Ann")[0]
    assert (task["element"], task["candidate_groups"], task["assignee"]) == ("look", ["desk"], None)
    assert watchbill("tasks", "--as", "Bob") == watchbill("tasks", "--as", "Eve") == "No open tasks.\n"
    assert watchbill.json("tasks", "--group", "desk") == [task]
    assert watchbill.json("tasks", "--group", "bosses") == []

    assert "Eve" in watchbill.refused("claim", task["id"], "--as", "Eve")
    assert watchbill("claim", task["id"], "--as", "Ann") == "claimed by Ann\n"
    assert "Ann" in watchbill.refused("complete", task["id"], "--as", "Bob")
    done = watchbill.json("complete", task["id"], "--as", "Ann", "--var", "seen=true")
    assert done == {
        "task_id": task["id"], "instance_id": instance, "assignee": "Ann", "task_status": "completed", "instance_status": "active",
    }  # fmt: skip
    assert "was completed by Ann" in watchbill.refused("complete", task["id"], "--as", "Ann")

    sign = watchbill.json("tasks", user="Bob")[0]  # WATCHBILL_USER stands for --as
    assert watchbill("complete", sign["id"], "--as", "Bob") == "completed; the instance is completed\n"
    assert watchbill.json("instances")[0]["status"] == "completed"


def test_a_message_reaches_the_one_instance_that_its_keys_name(watchbill: Command, tmp_path: Path) -> None:
    deployed(watchbill, tmp_path, REPLY)
    one, other = (started(watchbill, "reply", "--business-key", f"order:{number}", "--var", f"ticket={number}") for number in (1, 2))

    assert "nobody waits for the message 'customer.reply'" in watchbill.refused("message", "customer.reply", "--business-key", "order:9")
    assert watchbill("message", "customer.reply", "--correlation", "ticket=1", "--var", "text=yes") == f"delivered to {one}\n"
    told = watchbill.json("message", "customer.reply", "--correlation", "ticket=2", "--business-key", "order:2")
    assert told == {"instances": [other], "started": [], "kept": None}
    assert [each["element"] for each in watchbill.json("tasks")] == ["read_reply"] * 2


def test_a_message_that_two_wait_for_needs_a_key(watchbill: Command, tmp_path: Path) -> None:
    deployed(watchbill, tmp_path, PAID)
    one, _other = (started(watchbill, "paid", "--business-key", f"order:{number}") for number in (1, 2))

    assert "2 instances" in watchbill.refused("message", "money.in")
    assert watchbill("message", "money.in", "--business-key", "order:1") == f"delivered to {one}\n"
    assert watchbill.json("instances", "--status", "completed")[0]["id"] == one


def test_a_message_starts_a_process_that_begins_with_it(watchbill: Command, tmp_path: Path) -> None:
    deployed(watchbill, tmp_path, ORDERED)
    [made] = watchbill.json("message", "order.placed", "--var", "item=rope")["started"]
    assert watchbill.json("tasks")[0]["instance_id"] == made


def test_a_signal_reaches_everybody_who_waits(watchbill: Command, tmp_path: Path) -> None:
    deployed(watchbill, tmp_path, LISTENS)
    both = sorted(started(watchbill, "listens") for _ in range(2))

    assert watchbill("signal", "smoke") == "broadcast to 0 receivers; each goes on by itself\n"
    assert watchbill.json("signal", "alarm") == {"instances": both, "started": [], "kept": None}
    work_due(watchbill)
    assert [each["element"] for each in watchbill.json("tasks")] == ["act", "act"]


def test_what_failed_is_listed_and_tried_again(watchbill: Command, tmp_path: Path) -> None:
    deployed(watchbill, tmp_path, NEEDY)
    assert watchbill("failures") == "Nothing has failed.\n"
    instance = started(watchbill, "needy")
    for hours in (1, 10, 20):
        work_due(watchbill, hours=hours)

    failed = watchbill.json("failures")[0]
    assert set(failed) == {
        "id", "kind", "instance_id", "definition_key", "business_key", "element", "token", "job_id", "message", "details", "created_at",
        "resolved_at", "resolved_by",
    }  # fmt: skip
    assert (failed["instance_id"], failed["element"], failed["resolved_at"]) == (instance, "use", None)
    assert "use" in watchbill("failures")
    assert "x" in failed["message"]
    assert watchbill.refused("failures", "--as", "Eve")
    assert watchbill.refused("retry", failed["id"], "--as", "Eve")
    task = watchbill.json("tasks", "--as", "Ann")[0]
    watchbill("complete", task["id"], "--as", "Ann", "--var", "x=1")
    told = watchbill.json("retry", failed["id"], "--as", "Ann")
    assert set(told) == {"failure_id", "instance_id", "status"}
    work_due(watchbill, hours=21)
    assert watchbill("failures") == "Nothing has failed.\n"
    assert watchbill.json("instances")[0]["status"] == "completed"


def test_history_tells_who_did_what(watchbill: Command) -> None:
    instance = started(watchbill, "check")
    task = watchbill.json("tasks")[0]["id"]
    watchbill("complete", task, "--as", "Ann", "--var", "note=天气")

    rows = watchbill.json("history", instance)
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert set(rows[0]) == {"instance_id", "seq", "event", "hash"}
    assert set(rows[0]["event"]) == {"kind", "at", "actor", "on_behalf_of", "element", "token", "data"}
    assert ("task.completed", "look", "Ann") in [(row["event"]["kind"], row["event"]["element"], row["event"]["actor"]) for row in rows]
    assert 'note="天气"' in watchbill("history", instance)
    assert watchbill.refused("history", instance, "--as", "Eve")


@pytest.mark.parametrize("command", ["definitions", "instances", "tasks", "failures", "users list"])
def test_what_lists_gives_programs_a_list_even_of_nothing(bare: Command, command: str) -> None:
    bare.run("init")
    assert isinstance(bare.json(*command.split()), list)


def test_postgresql_answers_as_sqlite_does(tmp_path: Path, empty_postgres: str) -> None:
    watchbill = Command(tmp_path / "home", {"database_url": empty_postgres})
    assert watchbill("init", "--admin", "root", "--password-stdin", text=PASSWORD).endswith("root is an administrator.\n")
    watchbill("users", "add", "Ann", "--team", "desk")
    deployed(watchbill, tmp_path, CHECK)
    instance = started(watchbill, "check", "--var", 'a={"b": "天"}')
    task = watchbill.json("tasks", "--as", "Ann")[0]["id"]
    assert watchbill("claim", task, "--as", "Ann") == "claimed by Ann\n"
    assert watchbill("complete", task, "--as", "Ann") == "completed; the instance is active\n"
    assert watchbill.json("history", instance)[0]["event"]["data"]["variables"] == {"a": {"b": "天"}}
    assert watchbill("verify") == "The history is whole.\n"
    assert watchbill("backup", tmp_path / "kept").startswith(f"{watchbill.json('backup', tmp_path / 'kept')['rows']} rows of ")
    checks = {each["name"]: each["found"] for each in json.loads(watchbill.run("doctor", "--json").stdout)["checks"]}
    assert checks["migrations"] == "all applied"
    assert "***" in checks["database"] or "@" not in checks["database"]

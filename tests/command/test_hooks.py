"""Webhooks from the command line."""

from __future__ import annotations

from tests.command.conftest import Command


def test_a_hook_is_added_listed_and_removed(watchbill: Command) -> None:
    watchbill.run("init", "--demo")
    made = watchbill.json(
        "hooks", "add", "zabbix", "--kind", "zabbix", "--person", "ma.chao", "--message", "incident.reported", "--map", "symptom=name"
    )  # fmt: skip
    assert made["path"] == "/hooks/zabbix"
    assert made["secret"].startswith("whsec_")
    (listed,) = watchbill.json("hooks", "list")
    assert (listed["name"], listed["person"], listed["mapping"]) == ("zabbix", "ma.chao", {"correlation": {}, "variables": {"symptom": "name"}})
    assert "removed zabbix" in watchbill.run("hooks", "remove", "zabbix").stdout
    assert watchbill.json("hooks", "list") == []

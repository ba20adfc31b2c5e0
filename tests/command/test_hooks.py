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
    assert (listed["name"], listed["person"], listed["mapping"]) == (
        "zabbix",
        "ma.chao",
        {"correlation": {}, "variables": {"symptom": "name"}},
    )
    assert "removed zabbix" in watchbill.run("hooks", "remove", "zabbix").stdout
    assert watchbill.json("hooks", "list") == []


def test_a_system_is_told_and_its_deliveries_are_listed(watchbill: Command) -> None:
    watchbill.run("init", "--demo")
    assert "private_webhooks" in watchbill.refused("hooks", "subscribe", "desk", "http://127.0.0.1:1/", "--event", "sla.*")
    made = watchbill.json("hooks", "subscribe", "desk", "https://desk.example/hook", "--event", "sla.*", "--event", "incident.major")
    assert made["secret"].startswith("whsec_")
    (listed,) = watchbill.json("hooks", "subscriptions")
    assert (listed["url"], listed["events"]) == ("https://desk.example/hook", ["sla.*", "incident.major"])
    assert watchbill.json("hooks", "deliveries") == watchbill.json("hooks", "deliveries", "desk") == []
    assert "removed desk" in watchbill.run("hooks", "unsubscribe", "desk").stdout
    assert watchbill.json("hooks", "subscriptions") == []
    assert "there is no hook 'desk'" in watchbill.refused("hooks", "deliveries", "desk")

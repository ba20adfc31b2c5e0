"""Webhooks in: monitors tell, incidents begin; what was told before, or cannot be proven, has no effect."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from engine import commands
from engine.hooks import HookKind, add_hook_in, change_hook_in, list_hooks_in, secret_of_hook_in
from engine.hooks.incoming import MOST_A_MINUTE
from engine.hooks.signing import signature_of
from engine.people import SYSTEM
from engine.tables import message_inbox, process_instance, webhook_seen
from records.incidents import incident
from tests.definitions.drawing import drawing, flows
from tests.rest.conftest import Caller, rows
from webui.hooks import MAX_BODY


def alert(fingerprint="c1", status="firing", **labels):
    return {
        "status": status,
        "labels": {"alertname": "LinkDown", "severity": "critical", "instance": "core-1:9100", **labels},
        "annotations": {"summary": "Link to the branch is down"},
        "startsAt": "2026-11-24T00:59:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": fingerprint,
    }


def group(*alerts):
    """A call of Alertmanager's webhook receiver, version 4."""
    common = {"groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://alertmanager.example"}
    return {
        "version": "4",
        "groupKey": "{}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "watchbill",
        "alerts": list(alerts),
        **common,
    }


PROBLEM = {
    "event_id": "4711", "event_value": "1", "event_name": "Link down", "event_nseverity": "4", "event_update_status": "0",
    "event_opdata": "eth0", "event_tags": '[{"tag": "site", "value": "branch"}]', "host_name": "core-1", "trigger_id": "99",
}  # fmt: skip
GENERIC = {"fingerprint": "payload.id", "resolved": "payload.state == 'ok'", "variables": {"symptom": "payload.text"}}


@pytest.fixture
def added(house):
    """A function that adds a hook which acts as Wanda and reports incidents, and returns its secret."""

    def add(name="monitor", kind=HookKind.ALERTMANAGER, **said):
        given = {"person": "Wanda", "message": "incident.reported", **said}
        made = add_hook_in(house.database, name, kind=kind, actor=SYSTEM, now=house.clock.now(), **given)
        return secret_of_hook_in(made, house.secret_key(), actor=SYSTEM)

    return add


@pytest.fixture
def tell(app, added):
    """A function that calls a hook with its secret as a bearer."""
    secrets = {}

    def call(body, *, name="monitor", expect=200, **said):
        if name not in secrets:
            secrets[name] = added(name, **said)
        given = {"json": body} if not isinstance(body, bytes) else {"data": body}
        answer = Caller(app, None)("POST", f"/hooks/{name}", headers={"Authorization": f"Bearer {secrets[name]}"}, **given)
        assert answer.status_code == expect, answer.get_data(as_text=True)
        return answer.get_json()

    return call


def became(told):
    return [each["became"] for each in told["alerts"]]


def test_each_firing_alert_of_a_group_starts_an_incident_with_what_it_says(tell, house):
    told = tell(group(alert("c1"), alert("c2", instance="core-2:9100")))
    assert became(told) == ["started", "started"]
    found = sorted(rows(house, incident), key=lambda row: row.source_number)
    assert [(row.source_number, row.ci, row.symptom, row.detected_by, row.channel) for row in found] == [
        ("c1", "core-1:9100", "Link to the branch is down", "monitor", "alertmanager"),
        ("c2", "core-2:9100", "Link to the branch is down", "monitor", "alertmanager"),
    ]
    assert {row.instance_id for row in found} == {each["instances"][0] for each in told["alerts"]}
    assert {row.started_by for row in rows(house, process_instance)} == {"Wanda"}


def test_a_repeated_alert_collapses_until_it_is_resolved_and_fires_anew(tell, house):
    assert became(tell(group(alert()))) == ["started"]
    assert became(tell(group(alert(), alert("c2")))) == ["duplicate", "started"]
    assert became(tell(group(alert(status="resolved")))) == ["noted"]
    assert became(tell(group(alert(status="resolved")))) == ["duplicate"]
    assert became(tell(group(alert()))) == ["started"]
    assert len(rows(house, incident)) == 3


def test_the_same_alert_from_two_callers_at_once_is_one_incident(app, added, house):
    secret = added()

    def call(_number):
        return Caller(app, None)("POST", "/hooks/monitor", json=group(alert()), headers={"Authorization": f"Bearer {secret}"}).get_json()

    with ThreadPoolExecutor(6) as pool:
        told = [became(each)[0] for each in pool.map(call, range(6))]
    assert sorted(told) == ["duplicate"] * 5 + ["started"]
    assert len(rows(house, incident)) == 1


def test_what_is_resolved_reaches_the_instance_that_its_alert_started(tell, house):
    wait = '<bpmn:receiveTask id="wait" messageRef="cleared"/>'
    begin = '<bpmn:startEvent id="start"><bpmn:messageEventDefinition messageRef="raised"/></bpmn:startEvent>'
    names = '<bpmn:message id="raised" name="raised"/><bpmn:message id="cleared" name="cleared"/>'
    diagram = drawing(f'{begin}{wait}<bpmn:endEvent id="end"/>{flows("start>wait wait>end")}', roots=names)
    commands.deploy(house, {"watch.bpmn": diagram}, name="watch", actor=SYSTEM)
    said = {"message": "raised", "resolved_message": "cleared"}
    first, second = tell(group(alert("c1"), alert("c2")), name="watch", **said)["alerts"]
    told = tell(group(alert("c2", "resolved")), name="watch")
    assert (became(told), told["alerts"][0]["instances"]) == (["delivered"], second["instances"])
    status = {row.id: row.status for row in rows(house, process_instance)}
    assert (status[first["instances"][0]], status[second["instances"][0]]) == ("active", "completed")


def test_what_is_resolved_before_anybody_waits_is_kept_and_answered_202(tell, house):
    told = tell(group(alert(status="resolved")), expect=202, resolved_message="nobody.waits")
    assert became(told) == ["kept"]
    assert [row.name for row in rows(house, message_inbox)] == ["nobody.waits"]


def test_zabbix_problems_start_incidents_and_recoveries_are_noted(tell, house):
    assert became(tell(PROBLEM, kind=HookKind.ZABBIX)) == ["started"]
    assert became(tell({**PROBLEM, "event_update_status": "1"})) == ["duplicate"]
    assert became(tell({**PROBLEM, "event_value": "0"})) == ["noted"]
    (row,) = rows(house, incident)
    assert (row.source_number, row.ci, row.symptom, row.channel) == ("4711", "core-1", "Link down eth0", "zabbix")


def test_generic_json_is_read_by_the_expressions_of_its_mapping(tell, house):
    said = {"kind": HookKind.GENERIC, "mapping": {**GENERIC, "business_key": "'ticket:' + payload.id"}}
    assert became(tell({"id": "T-1", "state": "bad", "text": "It is down."}, **said)) == ["started"]
    assert became(tell({"id": "T-1", "state": "bad", "text": "It is down."})) == ["duplicate"]
    assert became(tell({"id": "T-1", "state": "ok", "text": "It is up."})) == ["noted"]
    assert [row.symptom for row in rows(house, incident)] == ["It is down."]


@pytest.mark.parametrize(
    ("said", "body", "problem"),
    [
        ({}, b"", "not JSON"),
        ({}, b"{", "not JSON"),
        ({}, b"[" * 100_000, "not JSON"),
        ({}, b'{"a": NaN}', "NaN"),
        ({}, b"\xff\xfe", "not JSON"),
        ({}, b'"x"', "send a JSON object"),
        ({}, {"version": "4", "alerts": [{"status": "on", "labels": {}}]}, "alerts.0.status"),
        ({}, {**group(), "version": "3"}, "version"),
        ({}, group(*[alert(f"c{number}") for number in range(501)]), "alerts"),
        ({}, group(alert(instance="a\x00b")), "U+0000"),
        ({"kind": HookKind.ZABBIX}, {**PROBLEM, "event_id": "{EVENT.ID}"}, "event_id"),
        ({"kind": HookKind.ZABBIX}, {**PROBLEM, "event_tags": "{EVENT.TAGSJSON}"}, "event_tags"),
        ({"kind": HookKind.ZABBIX}, {"event_id": 1}, "event_name"),
        ({"kind": HookKind.GENERIC, "mapping": GENERIC}, {"state": "bad"}, "fingerprint: "),
        ({"kind": HookKind.GENERIC, "mapping": GENERIC}, {"id": ["x"], "state": "bad"}, "must give a text"),
        ({"kind": HookKind.GENERIC, "mapping": GENERIC}, {"id": "1", "state": "bad"}, "symptom: "),
    ],
)
def test_a_bad_body_is_refused_with_what_is_wrong_and_leaves_nothing(tell, house, said, body, problem):
    answer = tell(body, expect=400, **said)
    assert problem in answer["detail"]
    assert rows(house, webhook_seen) == []
    assert rows(house, process_instance) == []


def test_a_message_that_starts_nothing_is_refused_and_counts_when_it_is_sent_again(tell, house):
    refused = tell(group(alert()), expect=400, message="nobody.waits")
    assert "nobody waits for the message" in refused["detail"]
    assert rows(house, webhook_seen) == []


def test_one_alert_that_is_refused_does_not_stop_the_others(tell, house):
    mapping = {"variables": {"symptom": "annotations.summary + ' at ' + labels.site"}}
    told = tell(group(alert("c1"), alert("c2", site="branch")), mapping=mapping)
    assert became(told) == ["refused", "started"]
    assert "symptom: " in told["alerts"][0]["reason"]


def signed(secret, clock, body, *, message_id="msg-1", at=None):
    stamp = int((at or clock.now()).timestamp())
    signature = signature_of(secret, message_id=message_id, timestamp=stamp, body=body)
    return {"Webhook-Id": message_id, "Webhook-Timestamp": str(stamp), "Webhook-Signature": signature}


def test_a_signed_call_needs_no_secret_on_the_wire_and_its_replay_has_no_effect(app, added, house, clock):
    secret, body = added(), json.dumps(group(alert())).encode()
    headers = signed(secret, clock, body)

    def call():
        return Caller(app, None)("POST", "/hooks/monitor", data=body, headers=headers)

    assert became(call().get_json()) == ["started"]
    with house.database.write() as connection:
        connection.execute(webhook_seen.delete().where(webhook_seen.c.state == "firing"))
    replayed = call()
    assert (replayed.status_code, replayed.get_json()) == (200, {"alerts": []})
    assert len(rows(house, incident)) == 1
    clock.advance(timedelta(minutes=6))
    assert call().status_code == 401


def test_a_signature_that_does_not_fit_is_refused(app, added, clock):
    secret, body = added(), json.dumps(group(alert())).encode()
    good = signed(secret, clock, body)
    for bad in (
        {**good, "Webhook-Signature": "v1,AAAA"}, {**good, "Webhook-Id": "other"}, {**good, "Webhook-Timestamp": "x"},
        {**good, "Webhook-Timestamp": str(int(good["Webhook-Timestamp"]) + 1)}, {**good, "Webhook-Timestamp": "²"}, {},
        {"Webhook-Id": "x" * 300},
        signed(secret, clock, body + b" "), signed(secret, clock, body, at=clock.now() + timedelta(minutes=6)),
    ):  # fmt: skip
        answer = Caller(app, None)("POST", "/hooks/monitor", data=body, headers=bad)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


def test_who_knows_no_secret_cannot_tell_which_hooks_there_are(app, added, house):
    added()
    secret_of_other = added("other")
    change_hook_in(house.database, "other", is_enabled=False, actor=SYSTEM)
    wrong = {"Authorization": "Bearer whsec_wrong"}
    cases = [("monitor", wrong), ("nothing", wrong), ("other", {"Authorization": f"Bearer {secret_of_other}"})]
    told = [Caller(app, None)("POST", f"/hooks/{name}", json={}, headers=headers) for name, headers in cases]
    assert {answer.status_code for answer in told} == {401}
    assert len({answer.get_json()["detail"] for answer in told}) == 1


def test_a_hook_that_is_called_too_often_must_wait(app, added, house, clock, monkeypatch):
    monkeypatch.setattr("engine.hooks.incoming.MOST_A_MINUTE", 3)
    headers = {"Authorization": f"Bearer {added()}"}

    def call():
        return Caller(app, None)("POST", "/hooks/monitor", json=group(), headers=headers)

    assert [call().status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert 0 < int(call().headers["Retry-After"]) <= 60
    clock.advance(timedelta(minutes=1))
    assert call().status_code == 200
    assert MOST_A_MINUTE == 600


def test_a_huge_body_is_refused_before_it_is_read(server, added):
    headers = {"Authorization": f"Bearer {added()}"}
    request = urllib.request.Request(f"{server}/hooks/monitor", data=b" " * (MAX_BODY + 1), headers=headers, method="POST")
    with pytest.raises((urllib.error.HTTPError, ConnectionError, urllib.error.URLError)) as refused:
        urllib.request.urlopen(request, timeout=10)
    if isinstance(refused.value, urllib.error.HTTPError):
        refused.value.close()
        assert refused.value.code == 413


def test_a_hook_does_nothing_that_its_person_may_not(tell, house):
    told = tell(group(alert()), expect=403, person="Ann")
    assert "Ann may not message here" in told["detail"]
    assert rows(house, process_instance) == []


HOOK = {"name": "monitor", "kind": "alertmanager", "message": "incident.reported"}


def test_hooks_are_added_paused_and_removed_over_rest(olga, app, house):
    made = olga.post("/api/hooks/in", HOOK, expect=201)
    assert (made["hook"]["path"], made["hook"]["person"]) == ("/hooks/monitor", "Olga")
    headers = {"Authorization": f"Bearer {made['secret']}"}
    assert Caller(app, None)("POST", "/hooks/monitor", json=group(alert()), headers=headers).status_code == 200
    assert olga.post("/api/hooks/in", HOOK, expect=409)["type"] == "/api/problems#conflict"
    assert olga("PATCH", "/api/hooks/in/monitor", json={"isEnabled": False}).status_code == 428
    tag = olga("GET", "/api/hooks/in/monitor").headers["ETag"]
    paused = olga("PATCH", "/api/hooks/in/monitor", json={"isEnabled": False}, headers={"If-Match": tag})
    assert paused.get_json()["isEnabled"] is False
    assert olga("PATCH", "/api/hooks/in/monitor", json={"isEnabled": True}, headers={"If-Match": tag}).status_code == 412
    assert Caller(app, None)("POST", "/hooks/monitor", json=group(), headers=headers).status_code == 401
    olga.delete("/api/hooks/in/monitor")
    assert (olga.get("/api/hooks/in"), rows(house, webhook_seen)) == ([], [])
    olga.delete("/api/hooks/in/monitor", expect=404)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"name": "A b"}, "cannot name a hook"),
        ({"kind": "nagios"}, "kind"),
        ({"kind": "generic"}, "needs an expression for the fingerprint"),
        ({"mapping": {"fingerprint": "labels.x"}}, "a fingerprint of its own"),
        ({"mapping": {"variables": {"x": "import os"}}}, "x: "),
        ({"mapping": {"variables": {"x": "__import__('os')"}}}, "x: "),
        ({"person": "Nobody"}, "may not manage tokens"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_hook_that_cannot_be_is_refused(olga, said, problem):
    answer = olga("POST", "/api/hooks/in", json={**HOOK, **said})
    assert answer.status_code in (400, 403)
    assert problem in answer.get_json()["detail"]
    assert olga.get("/api/hooks/in") == []


def test_only_an_administrator_adds_a_hook_that_acts_as_somebody_else(olga, calls):
    refused = olga.post("/api/hooks/in", {**HOOK, "person": "Wanda"}, expect=403)
    assert "Olga may not manage tokens the account Wanda" in refused["detail"]
    assert calls("Ada").post("/api/hooks/in", {**HOOK, "person": "Wanda"}, expect=201)["hook"]["person"] == "Wanda"


def test_who_may_not_sees_and_changes_no_hooks(ann, eve, calls, added):
    added()
    for who, status in ((ann, 403), (eve, 403), (calls(None), 401)):
        who.get("/api/hooks/in", expect=status)
        who.get("/api/hooks/in/monitor", expect=status)
        who.post("/api/hooks/in", HOOK, expect=status)
        who.delete("/api/hooks/in/monitor", expect=status)
        assert who("PATCH", "/api/hooks/in/monitor", json={"isEnabled": True}, headers={"If-Match": "*"}).status_code == status


def test_no_secret_lies_in_the_database(added, house):
    secret = added()
    (hook,) = list_hooks_in(house.database, actor=SYSTEM)
    assert secret.removeprefix("whsec_") not in repr(hook)


def test_what_was_not_seen_for_long_is_forgotten(tell, house, clock):
    tell(group(alert("old")))
    clock.advance(timedelta(days=29))
    tell(group(alert("new")))
    clock.advance(timedelta(days=2))
    house.tidy()
    assert [row.times for row in rows(house, webhook_seen)] == [1]

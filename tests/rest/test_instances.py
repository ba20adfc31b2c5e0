"""Process instances, their variables and messages over REST."""

from __future__ import annotations

import pytest

from tests.runtime.diagrams import EIGHT, ORDERED, PAUSE, REPLY, TWO_STEPS, catch, diagram, end, message_root, on_message, start, user

BASE = "/engine-rest/process-instance"
PLAIN = diagram(
    "plain",
    start(),
    catch("wait", on_message("m")),
    user("after"),
    end(),
    flows="start>wait wait>after after>end",
    roots='<bpmn:message id="m" name="parcel"/>',
)


@pytest.fixture
def begin(ann):
    """A function that starts an instance as Ann and returns its id."""

    def go(key, business_key=None, **variables):
        body = {"businessKey": business_key, "variables": {name: {"value": value} for name, value in variables.items()}}
        return ann.post(f"/engine-rest/process-definition/key/{key}/start", body)["id"]

    return go


def ids(caller, **query):
    return [each["id"] for each in caller.get(BASE, **query)]


def test_instances_are_found_by_what_is_known_of_them(deploy, begin, ann, olga):
    deploy(TWO_STEPS)
    deploy(PAUSE)
    first, second = begin("two_steps", "B-1"), begin("two_steps", "B-2")
    other = begin("pause", "C-1")
    assert ids(olga) == [other, second, first]
    assert ids(olga, businessKey="B-1") == [first]
    assert ids(olga, businessKeyLike="B-%") == [second, first]
    assert ids(olga, processDefinitionKey="pause") == [other]
    assert ids(olga, processDefinitionKeyNotIn="pause,x") == [second, first]
    assert ids(olga, processInstanceIds=f"{first},{other}") == [other, first]
    assert ids(olga, activityIdIn="review") == [second, first]
    assert ids(olga, sortBy="businessKey", sortOrder="desc") == [other, second, first]
    assert ids(olga, firstResult=1, maxResults=1) == [second]
    assert olga.get(f"{BASE}/count", active="true") == {"count": 3}
    olga.put(f"{BASE}/{first}/suspended", {"suspended": True})
    assert ids(olga, suspended="true") == [first]
    assert [
        each["id"] for each in olga.post(BASE, {"businessKeyLike": "B-%", "sorting": [{"sortBy": "businessKey", "sortOrder": "asc"}]})
    ] == [
        first,
        second,
    ]
    assert olga.post(f"{BASE}/count", {"processDefinitionKeyIn": ["pause"]}) == {"count": 1}
    olga.get(BASE, colour="red", expect=400)
    olga.get(BASE, active="true", suspended="true", expect=400)


def test_a_person_sees_the_instances_that_concern_her_and_no_others(deploy, begin, ann, olga, eve, calls):
    deploy(TWO_STEPS.replace(b'"desk"', b'"operators"'))
    mine = begin("two_steps")
    theirs = olga.post("/engine-rest/process-definition/key/two_steps/start")["id"]
    assert ids(ann) == [mine]
    assert ann.get(f"{BASE}/{mine}")["id"] == mine
    ann.get(f"{BASE}/{theirs}", expect=403)
    for path in (BASE, f"{BASE}/{mine}", f"{BASE}/{mine}/variables"):
        eve.get(path, expect=403)
        calls(None).get(path, expect=401)


def test_an_instance_is_suspended_goes_on_and_is_cancelled(deploy, begin, ann, olga):
    deploy(TWO_STEPS)
    instance = begin("two_steps")
    ann.put(f"{BASE}/{instance}/suspended", {"suspended": True}, expect=403)
    olga.put(f"{BASE}/{instance}/suspended", {"suspended": True})
    olga.put(f"{BASE}/{instance}/suspended", {"suspended": True}, expect=409)
    assert olga.get(f"{BASE}/{instance}")["suspended"] is True
    olga.put(f"{BASE}/{instance}/suspended", {"suspended": False})
    ann.delete(f"{BASE}/{instance}")
    ann.get(f"{BASE}/{instance}", expect=404)
    ann.delete(f"{BASE}/{instance}", expect=404)
    ann.delete(f"{BASE}/{instance}", failIfNotExists="false")
    ann.delete(f"{BASE}/nothing", expect=404)


def test_variables_are_read_set_and_removed_one_by_one_and_together(deploy, begin, ann, olga):
    deploy(TWO_STEPS)
    instance = begin("two_steps", colour="red", size=3)
    path = f"{BASE}/{instance}/variables"
    assert ann.get(f"{path}/colour") == {"type": "String", "value": "red", "valueInfo": {}}
    ann.get(f"{path}/shape", expect=404)
    ann.put(f"{path}/colour", {"value": "blue"}, expect=403)
    olga.put(f"{path}/colour", {"value": "blue", "type": "String"})
    assert olga("POST", path, json={"modifications": {"n": {"value": [1]}}, "deletions": ["size", "nothing"]}).status_code == 204
    told = olga.get(path)
    assert {name: each["value"] for name, each in told.items()} == {"colour": "blue", "n": "[1]"}
    olga.delete(f"{path}/n")
    assert set(olga.get(path)) == {"colour"}
    olga.put(f"{path}/colour", {"value": "x", "type": "File"}, expect=400)


def test_the_tree_of_activity_instances_names_what_rests_where(deploy, begin, ann):
    deploy(EIGHT)
    instance = begin("eight")
    tree = ann.get(f"{BASE}/{instance}/activity-instances")
    assert (tree["id"], tree["activityType"]) == (instance, "processDefinition")
    children = tree["childActivityInstances"]
    assert {each["activityId"] for each in children} == {f"part_{number}" for number in range(8)}
    assert {each["activityType"] for each in children} == {"userTask"}
    assert {each["parentActivityInstanceId"] for each in children} == {instance}


def test_a_modification_moves_one_token(deploy, begin, ann, olga):
    deploy(TWO_STEPS)
    instance = begin("two_steps")
    move = [{"type": "cancel", "activityId": "review"}, {"type": "startBeforeActivity", "activityId": "approve"}]
    path = f"{BASE}/{instance}/modification"
    ann.post(path, {"instructions": move}, expect=403)
    olga.post(path, {"instructions": move[:1]}, expect=400)
    olga.post(path, {"instructions": [{"type": "cancel", "activityId": "nothing"}, move[1]]}, expect=400)
    olga.post(path, {"instructions": [move[0], {**move[1], "activityId": "nothing"}]}, expect=400)
    olga.post(path, {"instructions": move, "annotation": "it was reviewed by phone"}, expect=204)
    [child] = olga.get(f"{BASE}/{instance}/activity-instances")["childActivityInstances"]
    assert child["activityId"] == "approve"


class TestMessages:
    """Messages go to one instance."""

    PATH = "/engine-rest/message"

    def test_a_message_reaches_the_instance_that_declares_the_keys(self, deploy, begin, olga):
        deploy(REPLY)
        instance = begin("reply", ticket=7)
        body = {"messageName": "customer.reply", "correlationKeys": {"ticket": {"value": 8}}}
        olga.post(self.PATH, body, expect=400)
        body["correlationKeys"]["ticket"]["value"] = 7
        [told] = olga.post(self.PATH, {**body, "resultEnabled": True, "processVariables": {"answer": {"value": "yes"}}})
        assert told["resultType"] == "Execution"
        assert told["execution"]["processInstanceId"] == instance
        assert olga.get(f"{BASE}/{instance}/variables/answer")["value"] == "yes"

    def test_without_keys_of_its_own_a_receiver_is_found_by_its_variables(self, deploy, begin, olga):
        deploy(PLAIN)
        first, second = begin("plain", order=1), begin("plain", order=2)
        olga.post(self.PATH, {"messageName": "parcel"}, expect=400)
        olga.post(self.PATH, {"messageName": "parcel", "correlationKeys": {"order": {"value": 3}}}, expect=400)
        olga.post(self.PATH, {"messageName": "parcel", "correlationKeys": {"order": {"value": 2}}}, expect=204)
        assert [each["id"] for each in olga.get(BASE, activityIdIn="after")] == [second]
        olga.post(self.PATH, {"messageName": "parcel", "processInstanceId": first}, expect=204)
        assert len(olga.get(BASE, activityIdIn="after")) == 2

    def test_a_message_starts_an_instance_and_says_which(self, deploy, olga):
        deploy(ORDERED)
        [told] = olga.post(self.PATH, {"messageName": "order.placed", "businessKey": "O-1", "resultEnabled": True})
        assert told["resultType"] == "ProcessDefinition"
        assert told["processInstance"]["businessKey"] == "O-1"

    def test_a_message_to_one_execution_reaches_no_other(self, deploy, begin, olga):
        deploy(PLAIN)
        begin("plain")
        instance = begin("plain")
        [child] = olga.get(f"{BASE}/{instance}/activity-instances")["childActivityInstances"]
        path = f"/engine-rest/execution/{child['id']}/messageSubscriptions"
        olga.post(f"{path}/other/trigger", {}, expect=409)
        olga.post(f"{path}/parcel/trigger", {"variables": {"x": {"value": 1}}}, expect=204)
        assert [each["id"] for each in olga.get(BASE, activityIdIn="after")] == [instance]

    def test_sending_takes_a_right(self, deploy, begin, eve, calls, wanda):
        deploy(ORDERED)
        eve.post(self.PATH, {"messageName": "order.placed"}, expect=403)
        calls("Bob").post(self.PATH, {"messageName": "order.placed"}, expect=403)
        wanda.post(self.PATH, {"messageName": "order.placed"}, expect=204)

    @pytest.mark.parametrize(
        "body", [{}, {"messageName": ""}, {"messageName": "x" * 300}, {"messageName": "a", "tenantId": "t"}, {"all": True}]
    )
    def test_what_is_no_message_is_refused(self, olga, body):
        olga.post(self.PATH, body, expect=400)


def test_a_receiver_with_keys_of_its_own_uses_them(deploy, begin, olga):
    keyed = diagram(
        "keyed",
        start(),
        catch("wait", on_message("m")),
        end(),
        flows="start>wait wait>end",
        roots=message_root("m", "k", key="a", expression="a"),
    )
    deploy(keyed)
    begin("keyed", a=1, b=2)
    olga.post("/engine-rest/message", {"messageName": "k", "correlationKeys": {"b": {"value": 2}}}, expect=400)
    olga.post("/engine-rest/message", {"messageName": "k", "correlationKeys": {"a": {"value": 1}}}, expect=204)

"""What is in a task: its variables and its own, its form, and who has to do with it."""

from __future__ import annotations

import base64
import json

import generic_camunda_client as camunda
import pytest

from engine import commands, queries
from engine.people import SYSTEM
from tests.rest.conftest import PASSWORD
from tests.rest.test_tasks import anns_client, at, facts, review  # noqa: F401  # fixtures
from tests.runtime.diagrams import diagram, end, start, user

FORM = json.dumps({"id": "triage", "type": "default", "components": [{"type": "textfield", "key": "cause", "label": "原因"}]}).encode()
FIELDS = (
    '<camunda:formData><camunda:formField id="amount" label="How &lt;much&gt;?" type="long" defaultValue="12"/>'
    '<camunda:formField id="urgent" type="boolean" defaultValue="true"/>'
    '<camunda:formField id="site" type="string" defaultValue="south"><camunda:validation><camunda:constraint name="required"/>'
    "</camunda:validation></camunda:formField>"
    '<camunda:formField id="size" type="enum" defaultValue="b"><camunda:value id="a" name="Small"/><camunda:value id="b" name="Big"/>'
    "</camunda:formField></camunda:formData>"
)
INPUTS = (
    '<camunda:inputOutput><camunda:inputParameter name="hint">${"look " + site}</camunda:inputParameter>'
    '<camunda:outputParameter name="seen">${found}</camunda:outputParameter></camunda:inputOutput>'
)
GENERATED = diagram(
    "generated",
    start(),
    user("measure", extra=f"<bpmn:extensionElements>{FIELDS}{INPUTS}</bpmn:extensionElements>"),
    user("tell", people='camunda:candidateGroups="desk" camunda:formRef="triage"'),
    end(),
    flows="start>measure measure>tell tell>end",
)


@pytest.fixture
def measure(house, deploy):
    deploy(GENERATED, triage_form=FORM)
    commands.start(house, "generated", variables={"site": "north"}, actor=SYSTEM)
    return at(house, "measure")


@pytest.fixture
def tell(house, deploy, measure):
    commands.complete(house, measure, variables={"found": 1}, actor=SYSTEM)
    return at(house, "tell")


class TestVariables:
    """A task sees the instance's variables, and its own before them."""

    def test_a_client_sets_reads_and_removes_what_a_task_sees(self, house, review, anns_client):  # noqa: F811
        api = camunda.TaskVariableApi(anns_client)
        api.put_task_variable(review, "plan", variable_value_dto=camunda.VariableValueDto(value='{"a": [1]}', type="Json"))
        assert {name: (each.type, each.value) for name, each in api.get_task_variables(review).items()} == {
            "site": ("String", "north"),
            "plan": ("Json", '{"a": [1]}'),
        }
        changes = {"site": camunda.VariableValueDto(value="south", type="String")}
        api.modify_task_variables(review, patch_variables_dto=camunda.PatchVariablesDto(modifications=changes, deletions=["plan", "none"]))
        assert api.get_task_variable(review, "site").value == "south"
        api.delete_task_variable(review, "site")
        with pytest.raises(camunda.ApiException) as refused:
            api.get_task_variable(review, "site")
        assert refused.value.status == 404
        assert queries.instance(house, queries.task(house, review, actor=SYSTEM).instance_id, actor=SYSTEM).variables == {}

    def test_its_own_variables_hide_others_and_end_with_it(self, house, ann, measure):
        own = f"/engine-rest/task/{measure}/localVariables"
        assert ann.get(own) == {"hint": {"type": "String", "value": "look north", "valueInfo": {}}}
        ann.put(f"{own}/site", {"value": "here"})
        ann.post(own, {"modifications": {"found": {"value": 3}, "x": {"value": 1}}, "deletions": ["hint"]}, expect=204)
        ann.delete(f"{own}/x")
        assert {name: each["value"] for name, each in ann.get(own).items()} == {"site": "here", "found": 3}
        assert ann.get(f"/engine-rest/task/{measure}/variables/site")["value"] == "here"
        assert ann.get(f"{own}/found")["value"] == 3
        ann.get(f"{own}/x", expect=404)
        instance_id = queries.task(house, measure, actor=SYSTEM).instance_id
        assert queries.instance(house, instance_id, actor=SYSTEM).variables == {"site": "north"}
        ann.post(f"/engine-rest/task/{measure}/complete", expect=204)
        assert queries.instance(house, instance_id, actor=SYSTEM).variables["seen"] == 3
        assert [(kind, data) for kind, _, data in facts(house, measure)][:2] == [
            ("task.variables_changed", {"variables": {"site": "here"}}),
            ("task.variables_changed", {"variables": {"found": 3, "x": 1}, "removed": ["hint"]}),
        ]

    def test_what_is_removed_is_told_in_the_history(self, house, ann, review):  # noqa: F811
        ann.delete(f"/engine-rest/task/{review}/variables/site")
        instance_id = queries.task(house, review, actor=SYSTEM).instance_id
        last = queries.history_of(house, instance_id, actor=SYSTEM)[-1].event
        assert (last.kind, last.actor, last.data) == ("variables.removed", "Ann", {"names": ["site"]})

    def test_a_candidate_of_a_claimed_task_reads_and_does_not_write(self, calls, ann, review):  # noqa: F811
        ann.post(f"/engine-rest/task/{review}/claim", {"userId": "Ann"}, expect=204)
        assert calls("Bob").get(f"/engine-rest/task/{review}/variables/site")["value"] == "north"
        calls("Bob").put(f"/engine-rest/task/{review}/variables/site", {"value": 1}, expect=403)

    @pytest.mark.parametrize(
        "body",
        [
            {"value": 1, "type": "String"},
            {"value": "x", "type": "Bytes"},
            {"value": "{", "type": "Json"},
            {"value": "a\x00b"},
            {"value": "\ud800"},
            {"value": "x" * 2_000_000},
        ],
    )
    def test_a_value_that_cannot_be_kept_is_refused(self, ann, review, body):  # noqa: F811
        ann.put(f"/engine-rest/task/{review}/variables/site", body, expect=400)


class TestForms:
    """Which form a task has, and what it begins with."""

    def test_a_form_of_the_diagram_is_html_with_every_text_escaped(self, ann, measure):
        said = ann.get(f"/engine-rest/task/{measure}/form")
        assert (said["key"], said["camundaFormRef"]) == (f"embedded:engine://engine/:engine/task/{measure}/rendered-form", None)
        answer = ann("GET", f"/engine-rest/task/{measure}/rendered-form")
        html = answer.get_data(as_text=True)
        assert answer.mimetype == "text/html"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        assert "How &lt;much&gt;?" in html
        assert '<input class="form-control" id="amount" name="amount" type="number" cam-variable-name="amount"' in html
        assert 'cam-variable-type="Long" value="12">' in html
        assert 'type="checkbox" cam-variable-name="urgent" cam-variable-type="Boolean" checked>' in html
        assert 'value="south" required>' in html
        assert '<option value="a">Small</option><option value="b" selected>Big</option>' in html

    def test_a_form_begins_with_what_the_task_sees_and_else_with_the_defaults(self, ann, measure):
        path = f"/engine-rest/task/{measure}/form-variables"
        assert {name: (each["type"], each["value"]) for name, each in ann.get(path).items()} == {
            "amount": ("Integer", 12),
            "urgent": ("Boolean", True),
            "site": ("String", "north"),
            "size": ("String", "b"),
            "hint": ("String", "look north"),
        }
        assert list(ann.get(path, variableNames="site,nothing,amount")) == ["site", "amount"]

    def test_a_deployed_form_is_its_schema(self, ann, tell):
        assert ann.get(f"/engine-rest/task/{tell}")["camundaFormRef"] == {"key": "triage", "binding": "deployment", "version": None}
        said = ann.get(f"/engine-rest/task/{tell}/form")
        assert (said["key"], said["camundaFormRef"]["key"]) == ("camunda-forms:deployment:triage", "triage")
        assert ann.get(f"/engine-rest/task/{tell}/deployed-form") == json.loads(FORM)
        assert ann.get(f"/engine-rest/task/{tell}/rendered-form", expect=404)["type"] == "InvalidRequestException"

    def test_a_task_without_a_form_says_so(self, ann, review):  # noqa: F811
        assert ann.get(f"/engine-rest/task/{review}/form") == {"key": None, "contextPath": None, "camundaFormRef": None}
        ann.get(f"/engine-rest/task/{review}/deployed-form", expect=404)
        assert set(ann.get(f"/engine-rest/task/{review}/form-variables")) == {"site"}


class TestLinks:
    """Who has to do with a task is changed by who looks after it."""

    def test_a_client_makes_people_and_teams_candidates_and_takes_them_away(self, house, review, server):  # noqa: F811
        client = camunda.ApiClient(camunda.Configuration(host=f"{server}/engine-rest"))
        client.set_default_header("Authorization", "Basic " + base64.b64encode(f"Olga:{PASSWORD}".encode()).decode())
        api = camunda.TaskIdentityLinkApi(client)
        for link in ({"user_id": "Wanda"}, {"group_id": "operators"}, {"user_id": "Wanda"}):
            api.add_identity_link(review, identity_link_dto=camunda.IdentityLinkDto(**link, type="candidate"))
        found = {(each.user_id, each.group_id, each.type) for each in api.get_identity_links(review)}
        assert found == {("Wanda", None, "candidate"), (None, "desk", "candidate"), (None, "operators", "candidate")}
        api.delete_identity_link(review, identity_link_dto=camunda.IdentityLinkDto(group_id="desk", type="candidate"))
        api.delete_identity_link(review, identity_link_dto=camunda.IdentityLinkDto(group_id="desk", type="candidate"))
        client.close()
        assert [(kind, data) for kind, _, data in facts(house, review)] == [
            ("task.candidate_added", {"user": "Wanda"}),
            ("task.candidate_added", {"group": "operators"}),
            ("task.candidate_removed", {"group": "desk"}),
        ]

    def test_a_candidate_who_was_added_may_claim_and_one_who_was_taken_away_sees_nothing(self, olga, ann, wanda, review):  # noqa: F811
        links = f"/engine-rest/task/{review}/identity-links"
        olga.post(links, {"userId": "Wanda", "type": "candidate"}, expect=204)
        olga.post(f"{links}/delete", {"groupId": "desk", "type": "candidate"}, expect=204)
        ann.get(f"/engine-rest/task/{review}", expect=403)
        wanda.post(f"/engine-rest/task/{review}/claim", {"userId": "Wanda"}, expect=204)

    def test_assignee_and_owner_are_links_too(self, house, olga, review):  # noqa: F811
        links = f"/engine-rest/task/{review}/identity-links"
        for kind, name in (("assignee", "Bob"), ("owner", "Ann")):
            olga.post(links, {"userId": name, "type": kind}, expect=204)
            assert olga.get(links, type=kind) == [{"userId": name, "groupId": None, "type": kind}]
            olga.post(f"{links}/delete", {"userId": "Wanda", "type": kind}, expect=204)
            assert olga.get(links, type=kind) != []
            olga.post(f"{links}/delete", {"userId": name, "type": kind}, expect=204)
            assert olga.get(links, type=kind) == []
        assert [kind for kind, _, _ in facts(house, review)] == ["task.reassigned", "task.reassigned", "task.changed", "task.changed"]

    @pytest.mark.parametrize(
        "body",
        [
            {"type": "candidate"},
            {"userId": "Ann", "groupId": "desk", "type": "candidate"},
            {"userId": "Nobody", "type": "candidate"},
            {"userId": "Eve", "type": "candidate"},
            {"groupId": "nowhere", "type": "candidate"},
            {"groupId": "desk", "type": "assignee"},
            {"userId": "", "type": "owner"},
            {"userId": "Ann", "type": "reviewer"},
            {"userId": "a\x00", "type": "candidate"},
        ],
    )
    def test_a_link_that_makes_no_sense_is_refused(self, olga, review, body):  # noqa: F811
        olga.post(f"/engine-rest/task/{review}/identity-links", body, expect=400)

    def test_a_mere_candidate_may_not_change_who_the_candidates_are(self, ann, review):  # noqa: F811
        ann.post(f"/engine-rest/task/{review}/identity-links", {"userId": "Bob", "type": "candidate"}, expect=403)

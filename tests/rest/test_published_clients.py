"""Clients for Camunda 7 that others wrote and published work against Watchbill as they are, over real HTTP."""

from __future__ import annotations

import io

import generic_camunda_client
import pycamunda.deployment
import pycamunda.incident
import pycamunda.message
import pycamunda.processdef
import pycamunda.processinst
import pycamunda.signal
import pycamunda.task
import pycamunda.user
import pycamunda.version
import pytest

from tests.rest.conftest import PASSWORD
from tests.runtime.diagrams import TWO_STEPS, catch, diagram, end, on_message, start, user

WAITING = diagram(
    "waiting",
    start(),
    user("ask"),
    catch("reply", on_message("m")),
    end(),
    flows="start>ask ask>reply reply>end",
    roots='<bpmn:message id="m" name="answer"/>',
)


@pytest.fixture
def of(server):
    """A function that prepares a request of pycamunda as a person."""

    def prepare(request, name="Ann"):
        request.auth = (name, PASSWORD)
        return request

    return prepare


def test_pycamunda_deploys_starts_claims_completes_correlates_and_ends(server, of):
    url = f"{server}/engine-rest"
    create = of(pycamunda.deployment.Create(url, name="published", source="pycamunda"), "Olga")
    file = io.BytesIO(WAITING)
    file.name = "waiting.bpmn"
    create.add_resource(file)
    made = create()
    [definition] = made.deployed_process_definitions.values()
    assert definition.key == "waiting"

    begin = of(pycamunda.processdef.StartInstance(url, key="waiting", business_key="P-1"))
    begin.add_variable("order", 7)
    instance = begin()
    assert instance.business_key == "P-1"

    [task] = of(pycamunda.task.GetList(url, process_instance_business_key="P-1"))()
    of(pycamunda.task.Claim(url, task.id_, user_id="Ann"))()
    assert of(pycamunda.task.Get(url, task.id_))().assignee == "Ann"
    complete = of(pycamunda.task.Complete(url, task.id_))
    complete.add_variable(name="asked", value=True)
    complete()

    correlate = of(pycamunda.message.CorrelateSingle(url, message_name="answer", result_enabled=True), "Olga")
    correlate.add_correlation_key("order", 7)
    correlate.add_process_variable("answer", "yes")
    [result] = correlate()
    assert result.execution.process_instance_id == instance.id_
    assert of(pycamunda.processinst.GetList(url, process_instance_ids=[instance.id_]))() == ()


def test_pycamunda_reads_definitions_people_and_versions_and_broadcasts(server, of, deploy):
    url = f"{server}/engine-rest"
    deploy(TWO_STEPS)
    assert of(pycamunda.version.Get(url))() == "7.24.0"
    [found] = of(pycamunda.processdef.GetList(url, key="two_steps", latest_version=True))()
    assert found.version == 1
    assert of(pycamunda.processdef.GetXML(url, key="two_steps"))() == TWO_STEPS.decode()
    assert of(pycamunda.processdef.Count(url))() == 1
    assert [each.id_ for each in of(pycamunda.user.GetList(url, member_of_group="desk"))()] == ["Ann", "Bob"]
    of(pycamunda.signal.EventAll(url, name="alarm"), "Olga")()


@pytest.fixture
def generated(server):
    """The client that is generated from Camunda's own description, as Ann."""
    configuration = generic_camunda_client.Configuration(host=f"{server}/engine-rest", username="Ann", password=PASSWORD)
    with generic_camunda_client.ApiClient(configuration) as client:
        client.set_default_header("Authorization", configuration.get_basic_auth_token())
        yield client


def test_the_generated_client_understands_every_answer_of_a_flow(generated, deploy):
    deploy(TWO_STEPS)
    definitions = generic_camunda_client.ProcessDefinitionApi(generated)
    tasks = generic_camunda_client.TaskApi(generated)
    history = generic_camunda_client.HistoricProcessInstanceApi(generated)
    variables = {"n": generic_camunda_client.VariableValueDto(value=1, type="Integer")}
    body = generic_camunda_client.StartProcessInstanceDto(variables=variables, business_key="G-1")
    started = definitions.start_process_instance_by_key("two_steps", start_process_instance_dto=body)
    for element in ("review", "approve"):
        [task] = tasks.get_tasks(process_instance_id=started.id)
        assert task.task_definition_key == element
        tasks.claim(task.id, user_id_dto=generic_camunda_client.UserIdDto(user_id="Ann"))
        done = {"ok": generic_camunda_client.VariableValueDto(value=True)}
        tasks.complete(task.id, complete_task_dto=generic_camunda_client.CompleteTaskDto(variables=done, with_variables_in_return=True))
    [past] = history.get_historic_process_instances(process_instance_business_key="G-1")
    assert (past.state, past.start_user_id) == ("COMPLETED", "Ann")
    elements = generic_camunda_client.HistoricActivityInstanceApi(generated).get_historic_activity_instances(process_instance_id=started.id)
    assert [each.activity_id for each in elements] == ["start", "review", "approve", "end"]
    operations = generic_camunda_client.HistoricUserOperationLogApi(generated).query_user_operation_entries(process_instance_id=started.id)
    assert [each.operation_type for each in operations] == ["Create", "Claim", "Complete", "Claim", "Complete"]

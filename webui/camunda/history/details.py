"""Details: each value that a variable of an instance ever had."""

from __future__ import annotations

from typing import Any, Literal

from engine import queries
from webui.camunda.api import API
from webui.camunda.history.events import OfInstance, part_of
from webui.camunda.history.instances import instance
from webui.camunda.values import Flag, Moment, typed
from webui.endpoints import Call, Model


class DetailQuery(OfInstance):
    """Which details of an instance."""

    variable_updates: Flag = False
    variable_name: str | None = None
    deserialize_values: Flag = True


class Detail(Model):
    """One value that a variable was given."""

    id: str
    type: Literal["variableUpdate"] = "variableUpdate"
    process_definition_key: str
    process_definition_id: str
    process_instance_id: str
    root_process_instance_id: str
    activity_instance_id: str | None
    execution_id: str
    task_id: None = None
    time: Moment
    variable_name: str
    variable_instance_id: str
    variable_type: str
    value: Any
    value_info: dict[str, Any]
    revision: int
    initial: bool
    error_message: None = None
    user_operation_id: None = None
    tenant_id: None = None
    removal_time: None = None
    case_definition_key: None = None
    case_definition_id: None = None
    case_instance_id: None = None
    case_execution_id: None = None


@API.endpoint("GET", "/history/detail", query=DetailQuery, answer=list[Detail], errors=(404,))
def details(call: Call, *, query: DetailQuery) -> list[Detail]:
    """List every value that the variables of an instance were given, in order."""
    view = instance(call, query.process_instance_id)
    revisions: dict[str, int] = {}
    told = []
    for each in queries.variable_updates(call.engine, view.id, actor=call.actor):
        revision = revisions[each.name] = revisions.get(each.name, -1) + 1
        value = typed(each.value)
        told.append(
            Detail(
                id=f"{view.id}:{each.seq}:{each.name}",
                process_definition_key=view.process_definition_key,
                process_definition_id=view.process_definition_id,
                process_instance_id=view.id,
                root_process_instance_id=view.id,
                activity_instance_id=each.token,
                execution_id=view.id,
                time=each.at,
                variable_name=each.name,
                variable_instance_id=f"{view.id}:{each.name}",
                variable_type=value.type,
                value=value.value,
                value_info=value.value_info,
                revision=revision,
                initial=revision == 0,
            )
        )
    return part_of([each for each in told if query.variable_name in (None, each.variable_name)], query)

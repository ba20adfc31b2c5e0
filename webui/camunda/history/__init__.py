"""The history, under `/engine-rest/history`."""

from webui.camunda.history import details as details
from webui.camunda.history import events as events
from webui.camunda.history import failures as failures
from webui.camunda.history import instances as instances
from webui.camunda.history import tasks as tasks

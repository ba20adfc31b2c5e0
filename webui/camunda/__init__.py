"""`/engine-rest`: the REST dialect of Camunda 7, so that the clients, workers and modelers of the field work against Watchbill.

Paths, verbs, JSON and error bodies are Camunda's; what it means is ours: a process instance is an instance, an incident a failure, an
execution a token. What is not offered answers 501 with its name.
"""

from webui.camunda import decisions as decisions
from webui.camunda import definitions as definitions
from webui.camunda import deployments as deployments
from webui.camunda import engine as engine
from webui.camunda import external_tasks as external_tasks
from webui.camunda import history as history
from webui.camunda import incidents as incidents
from webui.camunda import instances as instances
from webui.camunda import jobs as jobs
from webui.camunda import messages as messages
from webui.camunda import migration as migration
from webui.camunda import people as people
from webui.camunda import signals as signals
from webui.camunda import task_attachments as task_attachments
from webui.camunda import task_comments as task_comments
from webui.camunda import task_forms as task_forms
from webui.camunda import task_links as task_links
from webui.camunda import task_variables as task_variables
from webui.camunda import tasks as tasks
from webui.camunda import variables as variables
from webui.camunda import workers as workers
from webui.camunda.api import API

__all__ = ["API"]

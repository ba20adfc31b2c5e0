"""The engine's tables. An instance points at its record only by business key; nothing here knows a process or a record by name."""

from engine.tables.columns import ID, NAME
from engine.tables.deployed import blob, definition, deployed_file, deployment
from engine.tables.hooks import webhook_delivery, webhook_in, webhook_out, webhook_seen
from engine.tables.instances import message_inbox, process_instance, subscription
from engine.tables.past import HISTORY_GUARDS, HISTORY_IS_APPEND_ONLY, history
from engine.tables.people import api_token, ended_session, failed_sign_in, membership, person, substitution, team
from engine.tables.tasks import attachment, human_task, task_candidate, task_comment
from engine.tables.work import failure, idempotency, job, lease, outbox, schedule, schedule_slot

__all__ = [
    "HISTORY_GUARDS",
    "HISTORY_IS_APPEND_ONLY",
    "ID",
    "NAME",
    "api_token",
    "attachment",
    "blob",
    "definition",
    "deployed_file",
    "deployment",
    "ended_session",
    "failed_sign_in",
    "failure",
    "history",
    "human_task",
    "idempotency",
    "job",
    "lease",
    "membership",
    "message_inbox",
    "outbox",
    "person",
    "process_instance",
    "schedule",
    "schedule_slot",
    "subscription",
    "substitution",
    "task_candidate",
    "task_comment",
    "team",
    "webhook_delivery",
    "webhook_in",
    "webhook_out",
    "webhook_seen",
]

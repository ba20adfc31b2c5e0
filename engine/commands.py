"""Every command. Each is one transaction: it locks the instance, checks the right, changes, runs what is ready, writes, and commits.

All take the engine first and who acts as `actor`; with an `idempotency_key` a repetition returns the first answer. They raise the errors
of `engine.errors`: NotFound, Forbidden, Invalid, Conflict (AlreadyDone, StaleWrite, Fenced), and Passing when it is worth another try.
"""

from engine.runtime.answers import Delivered, InstanceAnswer, Retried, Started, TaskAnswer
from engine.runtime.attachments import File, attach_file, attach_url, remove_attachment
from engine.runtime.comments import add_comment
from engine.runtime.deployed import delete_deployment, set_definition_suspended
from engine.runtime.deploying import deploy
from engine.runtime.external_fetching import Fetched, Topic, Wish, fetch_external_tasks
from engine.runtime.external_tasks import (
    FailedTry,
    complete_external_task,
    extend_external_lock,
    fail_external_task,
    lock_external_task,
    set_external_priority,
    set_external_retries,
    throw_external_error,
    unlock_external_task,
)
from engine.runtime.job_changes import discard_job, execute_job, set_job_due, set_job_retries, set_job_suspended
from engine.runtime.job_runs import Ran, run_job
from engine.runtime.messages import message
from engine.runtime.migration import MigrationPreview, migrate, migration_preview
from engine.runtime.operations import advance, cancel, move, restart, resume, retry, set_variables, suspend
from engine.runtime.process_engine import ProcessEngine
from engine.runtime.receiving import Became, Outcome, receive
from engine.runtime.signals import signal
from engine.runtime.starting import find_definition, start, start_within
from engine.runtime.task_changes import (
    TaskDetails,
    add_candidate,
    change_details,
    change_task_variables,
    remove_candidate,
    set_owner,
    throw_error,
    throw_escalation,
)
from engine.runtime.task_work import claim, complete, delegate, reassign, release, resolve, save_draft
from engine.runtime.waiting_room import SEATS

__all__ = [
    "SEATS",
    "Became",
    "Delivered",
    "FailedTry",
    "Fetched",
    "File",
    "InstanceAnswer",
    "MigrationPreview",
    "Outcome",
    "ProcessEngine",
    "Ran",
    "Retried",
    "Started",
    "TaskAnswer",
    "TaskDetails",
    "Topic",
    "Wish",
    "add_candidate",
    "add_comment",
    "advance",
    "attach_file",
    "attach_url",
    "cancel",
    "change_details",
    "change_task_variables",
    "claim",
    "complete",
    "complete_external_task",
    "delegate",
    "delete_deployment",
    "deploy",
    "discard_job",
    "execute_job",
    "extend_external_lock",
    "fail_external_task",
    "fetch_external_tasks",
    "find_definition",
    "lock_external_task",
    "message",
    "migrate",
    "migration_preview",
    "move",
    "reassign",
    "receive",
    "release",
    "remove_attachment",
    "remove_candidate",
    "resolve",
    "restart",
    "resume",
    "retry",
    "run_job",
    "save_draft",
    "set_definition_suspended",
    "set_external_priority",
    "set_external_retries",
    "set_job_due",
    "set_job_retries",
    "set_job_suspended",
    "set_owner",
    "set_variables",
    "signal",
    "start",
    "start_within",
    "suspend",
    "throw_error",
    "throw_escalation",
    "throw_external_error",
    "unlock_external_task",
]

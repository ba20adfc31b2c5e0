"""Every command. Each is one transaction: it locks the instance, checks the right, changes, runs what is ready, writes, and commits.

All take the engine first and who acts as `actor`; with an `idempotency_key` a repetition returns the first answer. They raise the errors
of `engine.errors`: NotFound, Forbidden, Invalid, Conflict (AlreadyDone, StaleWrite, Fenced), and Passing when it is worth another try.
"""

from engine.runtime.answers import Delivered, InstanceAnswer, Retried, Started, TaskAnswer
from engine.runtime.attachments import File, attach_file, attach_url, remove_attachment
from engine.runtime.comments import add_comment
from engine.runtime.deployed import delete_deployment, set_definition_suspended
from engine.runtime.deploying import deploy
from engine.runtime.job_runs import Ran, run_job
from engine.runtime.messages import message
from engine.runtime.migration import MigrationPreview, migrate, migration_preview
from engine.runtime.operations import advance, cancel, move, restart, resume, retry, set_variables, suspend
from engine.runtime.process_engine import ProcessEngine
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

__all__ = [
    "Delivered",
    "File",
    "InstanceAnswer",
    "MigrationPreview",
    "ProcessEngine",
    "Ran",
    "Retried",
    "Started",
    "TaskAnswer",
    "TaskDetails",
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
    "delegate",
    "delete_deployment",
    "deploy",
    "find_definition",
    "message",
    "migrate",
    "migration_preview",
    "move",
    "reassign",
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
    "set_owner",
    "set_variables",
    "signal",
    "start",
    "start_within",
    "suspend",
    "throw_error",
    "throw_escalation",
]

"""Work that nobody clicks: due jobs, schedules, and the one process that does them. The only home of APScheduler.

Rows decide, ringers only ring: what is due stands in tables, and whoever looks takes it by a conditional update in a transaction, so a
second ringer does no harm. One worker at a time holds the lease `work`; its fence number only rises and is checked at every commit, so a
worker that was taken for dead cannot write.
"""

from engine.work.dispatcher import Dispatcher, run_worker
from engine.work.lease import Lease, holder_of, release, renew, take
from engine.work.rules import check_rule, next_time
from engine.work.schedules import (
    Schedule,
    Slot,
    create_schedule,
    delete_schedule,
    list_schedules,
    next_times,
    run_now,
    schedule_named,
    set_enabled,
    slots_of,
)
from engine.work.slots import run_slots
from engine.work.stalled import note_stalled
from engine.work.sweep import Due, Swept, look, run_due

__all__ = [
    "Dispatcher",
    "Due",
    "Lease",
    "Schedule",
    "Slot",
    "Swept",
    "check_rule",
    "create_schedule",
    "delete_schedule",
    "holder_of",
    "list_schedules",
    "look",
    "next_time",
    "next_times",
    "note_stalled",
    "release",
    "renew",
    "run_due",
    "run_now",
    "run_slots",
    "run_worker",
    "schedule_named",
    "set_enabled",
    "slots_of",
    "take",
]

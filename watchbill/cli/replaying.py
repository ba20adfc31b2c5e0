"""The command `replay`: recorded incidents through the incident process, in a Watchbill of their own."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from engine.clock import MovedClock
from engine.errors import Invalid
from watchbill import migrating
from watchbill.cli.options import as_json
from watchbill.cli.output import print_json
from watchbill.house import House, bring_up_to_date, open_house
from watchbill.replaying import EventLog, Findings, Replay, findings_of, read_event_log, write_page
from watchbill.settings import Settings


@click.command()
@click.argument("log_file", metavar="CSV", type=click.Path(path_type=Path))
@click.option("--limit", type=click.IntRange(1), help="Only the first so many incidents.")
@click.option("--report", metavar="FILE.html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with charts.")
@click.option("--into", metavar="FOLDER", type=click.Path(path_type=Path), help="Keep the replayed Watchbill in this new folder.")
@as_json
@click.pass_obj
def replay(settings: Settings, *, log_file: Path, limit: int | None, report: Path | None, into: Path | None, as_json: bool) -> None:
    """Replay a recorded ServiceNow incident event log.

    It compares what would have happened here with what was recorded.

    It runs in a Watchbill of its own on a clock that is moved, and touches nothing else. Times without a zone are of the setting `zone`.
    """
    log = read_event_log(log_file, zone=ZoneInfo(settings.zone), limit=limit)
    if not log.incidents:
        raise Invalid(f"{log_file} has no row that can be read: {len(log.skipped)} were skipped.")
    if report is not None and not report.parent.is_dir():
        raise Invalid(f"The report {report} cannot be written: there is no folder {report.parent}.")
    with _place(into) as home:
        findings = _replayed(settings.model_copy(update={"home": home, "database_url": ""}), log, quiet=as_json)
    if report is not None:
        write_page(findings, report, source=log_file.name)
    if as_json:
        print_json(findings)
    else:
        _tell(findings, report)


@contextmanager
def _place(into: Path | None) -> Iterator[Path]:
    if into is None:
        with tempfile.TemporaryDirectory(prefix="watchbill-replay-") as folder:
            yield Path(folder)
    elif into.exists() and any(into.iterdir()):
        raise Invalid(f"{into} is not empty: a replay needs a folder of its own.")
    else:
        yield into


def _replayed(settings: Settings, log: EventLog, *, quiet: bool) -> Findings:
    clock = MovedClock(min(each.opened_at for each in log.incidents))
    house = open_house(settings, clock=clock, must_be_ready=False)
    try:
        migrating.upgrade(house.database)
        bring_up_to_date(house)
        return _driven(house, clock, log, shows=not quiet and sys.stderr.isatty())
    finally:
        house.close()


def _driven(house: House, clock: MovedClock, log: EventLog, *, shows: bool) -> Findings:
    run = Replay(house, clock)
    total = sum(len(each.events) for each in log.incidents)
    started = time.perf_counter()
    with click.progressbar(length=total, label="Replaying", file=sys.stderr, hidden=not shows, show_pos=True) as bar:
        for _ in run.run(log.incidents):
            bar.update(1)
    return findings_of(run, log, seconds=time.perf_counter() - started)


def _tell(findings: Findings, report: Path | None) -> None:
    sla, agreement = findings.sla, findings.priority_agreement
    lines = [
        f"Incidents: {findings.incidents}, of these closed: {findings.incidents_closed}",
        f"Events: {findings.events}, tasks completed: {findings.tasks_completed}",
        f"Priority as recorded: {agreement['agree']} of {agreement['total']}",
        *(f"  {cell}: {pair}: {count}" for cell, pairs in agreement["cells"].items() for pair, count in pairs.items()),
        f"Restored in time: {sla['met']}, too late: {sla['breached']}; as recorded: {sla['agrees_with_recorded']}",
        *(f"  {cell}: {count}" for cell, count in sla["cells"].items()),
        *(f"  differs because {why}: {count}" for why, count in sla["differences"].items()),
        f"Escalations: {findings.escalations['total']}",
        *(f"  {step}: {count}" for step, count in findings.escalations["steps"].items()),
        f"Pauses: {sum(pause['count'] for pause in findings.pauses.values())}",
        *(f"  {reason}: {pause['count']} ({pause['hours']} h)" for reason, pause in findings.pauses.items()),
        *(f"No place for a change while {state}: {count}" for state, count in findings.unmatched_events.items()),
        *(f"Line {row['line']} was skipped: {row['reason']}" for row in findings.skipped_rows),
        f"{findings.steps} steps in {findings.seconds:.1f} s: {findings.steps_per_second:.0f} a second",
    ]
    for line in lines:
        click.echo(line)
    if report is not None:
        click.echo(f"The page is {report}.")


COMMANDS = (replay,)

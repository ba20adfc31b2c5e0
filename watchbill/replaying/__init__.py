"""Replays a ServiceNow event log through the incident process: what would have happened here, compared with what was recorded."""

from watchbill.replaying.driver import Replay
from watchbill.replaying.event_log import EventLog, RecordedEvent, RecordedIncident, read_event_log
from watchbill.replaying.findings import Findings, findings_of
from watchbill.replaying.page import write_page

__all__ = ["EventLog", "Findings", "RecordedEvent", "RecordedIncident", "Replay", "findings_of", "read_event_log", "write_page"]

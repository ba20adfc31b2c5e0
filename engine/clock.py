"""The only reader of the time. Tests, replay and drills move a clock of their own; the rest of the house asks the one it was given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Tells the time: aware, in UTC."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


class MovedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._now = at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment the clock was set to."""
        return self._now

    def set(self, at: datetime) -> None:
        """Move the clock to a moment, forward or back."""
        self._now = at.astimezone(UTC)

    def advance(self, by: timedelta) -> datetime:
        """Move the clock forward and return the new moment."""
        self._now += by
        return self._now


class FileClock:
    """A clock that stands still until it is moved, for several processes at once: its moment is the text of a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def now(self) -> datetime:
        """Return the moment in the file. Raises OSError or ValueError when there is none."""
        at = datetime.fromisoformat(self.file.read_text(encoding="ascii").strip())
        if at.tzinfo is None:
            raise ValueError(f"{at.isoformat()} has no zone: write it as 2026-11-24T09:00+08:00")
        return at.astimezone(UTC)

    def set(self, at: datetime) -> None:
        """Move the clock to a moment; whoever reads meanwhile finds the old one or the new one."""
        new = self.file.with_name(f"{self.file.name}.new")
        new.write_text(at.astimezone(UTC).isoformat(), encoding="ascii")
        new.replace(self.file)

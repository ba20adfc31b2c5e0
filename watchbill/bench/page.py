"""The page of figures: docs/performance.md."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from watchbill.bench.figures import Figure

HEAD = """# Performance

Written by `make bench`; claims of speed come from here. Times are medians, or where a whole is started anew the best of several, on one
machine in one run: compare the figures of one page with each other, and pages of one machine. A limit is a promise, and a bench that
breaks one ends with exit code 1.
"""


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write the page."""
    lines = [HEAD, f"{date.today().isoformat()}, {machine()}.\n"]  # noqa: DTZ011  # the day at this machine
    for section, group in groupby(figures, key=lambda figure: figure.section):
        lines += [f"## {section}\n", "| What | Measured | Limit |", "|---|---:|---:|"]
        lines += [f"| {figure.name} | {shown(figure)} | {figure.promise} |" for figure in group]
        lines.append("")
    path.write_text("\n".join(lines), encoding="utf-8")


def shown(figure: Figure) -> str:
    """Return the value with its unit, in three significant digits."""
    value = figure.value
    digits = f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
    return f"{digits} {figure.unit}".strip()


def machine() -> str:
    """Return what it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [
        f"{os.cpu_count()} cores",
        _processor(),
        f"{memory:.0f} GB",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        f"SpiffWorkflow {version('SpiffWorkflow')}",
        f"SQLAlchemy {version('SQLAlchemy')}",
    ]
    return ", ".join(parts)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()

"""What is left when a process dies that others belong to: it ends by itself, and harms nobody."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from engine.clock import FileClock
from tests.conftest import START
from tests.killing.processes import Processes
from watchbill.cli import main
from watchbill.settings import Settings


def test_web_workers_that_lost_master_and_serve_end_and_signal_nobody(tmp_path: Path) -> None:
    """They may know no process by its number: it is gone, and may be another's by now."""
    FileClock(tmp_path / "clock").set(START)
    settings = Settings(home=tmp_path, clock_file=tmp_path / "clock", lease_s=1)
    assert CliRunner().invoke(main, ["init"], env={"WATCHBILL_HOME": str(tmp_path)}).exit_code == 0
    processes = Processes(settings, tmp_path / "said.txt")
    processes.start("serve")
    try:
        processes.wait_until_ready()
        assert processes.kill("web")
        processes.wait_until_said("The web process ended with -9")
        assert processes.kill("serve")
        processes.wait_until_gone()
        assert "Traceback" not in processes.said()
    finally:
        processes.end()

"""Where `serve` listens."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from watchbill import demo
from watchbill.cli import main
from watchbill.settings import load_settings


def test_an_address_that_is_taken_is_refused_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBILL_HOME", str(tmp_path))
    CliRunner().invoke(main, ["init", "--demo"])
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = CliRunner().invoke(main, ["serve", "--port", str(port)])
    assert refused.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port} (Address already in use)" in refused.stderr
    assert "ready" not in refused.stdout


def test_the_demo_says_how_to_go_on_whatever_its_folder_is_called(tmp_path: Path) -> None:
    settings = load_settings({"WATCHBILL_HOME": str(tmp_path / "two words")})
    guide = demo.guide(settings)
    assert f"WATCHBILL_HOME='{settings.home}'" in guide
    assert "watchbill definitions" in guide

"""Settings: the environment wins over the file, the file over the defaults; what is wrong is named with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.config import EngineSettings
from engine.errors import Invalid
from watchbill.settings import PREFIX, Settings, load_settings

OTHER: dict[str, tuple[Any, Any]] = {
    "database_url": ("sqlite:////tmp/a.db", "postgresql+psycopg://ann@host/name"),
    "host": ("::1", "0.0.0.0"),
    "user": ("Ann", "Bob"),
    "zone": ("UTC", "Europe/Berlin"),
    "secret_key": ("a" * 40, "b" * 40),
    "clock_file": ("/tmp/a", "/tmp/b"),
    "private_webhooks": (True, False),
    "log_level": ("debug", "error"),
}
OTHER |= {
    name: (field.default + 1, field.default + 2)
    for name, field in Settings.model_fields.items()
    if name not in OTHER and isinstance(field.default, int | float)
}


def from_file(home: Path, text: str, **environment: str) -> Settings:
    home.mkdir(exist_ok=True)
    (home / "watchbill.toml").write_text(text, encoding="utf-8")
    return load_settings({"WATCHBILL_HOME": str(home), **environment})


def test_every_setting_has_another_value_here() -> None:
    assert OTHER.keys() == Settings.model_fields.keys() - {"home"}


@pytest.mark.parametrize("name", OTHER)
def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path, name: str) -> None:
    in_file, in_environment = OTHER[name]
    default = getattr(load_settings({"WATCHBILL_HOME": str(tmp_path)}), name)
    assert default == Settings.model_fields[name].default
    line = f"{name} = {json.dumps(in_file)}"

    as_set = from_file(tmp_path, line)
    assert getattr(as_set, name) == getattr(Settings(home=tmp_path, **{name: in_file}), name) != default
    overridden = from_file(tmp_path, line, **{PREFIX + name.upper(): str(in_environment)})
    assert getattr(overridden, name) == getattr(Settings(home=tmp_path, **{name: in_environment}), name) != getattr(as_set, name)
    assert getattr(from_file(tmp_path, line, **{PREFIX + name.upper(): ""}), name) == getattr(as_set, name)  # empty is not set


def test_the_file_may_lie_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "etc.toml"
    file.write_text("port = 99")
    assert from_file(tmp_path, "port = 98", WATCHBILL_CONFIG=str(file)).port == 99
    assert from_file(tmp_path, "port = 98", WATCHBILL_CONFIG="").port == 98


def test_the_home_is_where_its_user_keeps_data(tmp_path: Path) -> None:
    assert load_settings({"HOME": str(tmp_path)}).home == tmp_path / ".local/share/watchbill"
    assert load_settings({"HOME": "/x", "XDG_DATA_HOME": str(tmp_path)}).home == tmp_path / "watchbill"
    assert load_settings({"WATCHBILL_HOME": str(tmp_path / "a/../b")}).home == tmp_path / "b"
    assert load_settings({"WATCHBILL_HOME": str(tmp_path)}).url == f"sqlite:///{tmp_path}/watchbill.db"


def test_the_engine_gets_what_is_set(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, turn_budget_s=2, worker_threads=7, zone="UTC", lease_s=3)
    engine = settings.engine_settings()
    assert isinstance(engine, EngineSettings)
    assert (engine.turn_budget_s, engine.worker_threads, engine.zone, engine.lease.total_seconds()) == (2, 7, "UTC", 3)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("port", "abc", "WATCHBILL_PORT: Input should be a valid integer"),
        ("port", "-1", "WATCHBILL_PORT: Input should be greater than or equal to 0"),
        ("workers", "0", "WATCHBILL_WORKERS: Input should be greater than or equal to 1"),
        ("log_level", "loud", "WATCHBILL_LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'"),
        ("zone", "Mars", "WATCHBILL_ZONE: 'Mars' is no time zone: use a name such as Asia/Shanghai"),
        ("zone", "../etc/passwd", "is no time zone"),
        ("zone", "Asia", "is no time zone"),
        ("turn_budget_s", "0", "WATCHBILL_TURN_BUDGET_S: Input should be greater than 0"),
        ("turn_budget_s", "nan", "WATCHBILL_TURN_BUDGET_S: "),
        ("turn_budget_s", "inf", "WATCHBILL_TURN_BUDGET_S: "),
        ("lease_s", "inf", "WATCHBILL_LEASE_S: "),
        ("database_url", "bogus", "WATCHBILL_DATABASE_URL: it is no database address: use sqlite:////FOLDER/FILE.db or postgresql"),
        ("database_url", "mysql://ann:secret@host/x", "mysql is not supported"),
        ("database_url", "postgresql+asyncpg://ann:secret@host/x", "postgresql+asyncpg is not supported"),
        ("database_url", "postgresql://ann:secret@host:port/x", "it is no database address"),
        ("database_url", "sqlite://", "a database in memory is gone when the command ends"),
        ("database_url", "sqlite:///:memory:", "a database in memory is gone when the command ends"),
    ],
)
def test_a_wrong_setting_in_the_environment_is_named(tmp_path: Path, name: str, value: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        load_settings({"WATCHBILL_HOME": str(tmp_path), PREFIX + name.upper(): value})
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port = 'x'", "port in {file}: Input should be a valid integer"),
        ("port = true\nworkers = 1.5", "workers in {file}: Input should be a valid integer"),
        ("prot = 1", "{file} sets prot, which is no setting"),
        ("[port]\nx = 1", "port in {file}: Input should be a valid integer"),
        ("home = '/x'", "The settings file {file} cannot move the home that it lies in: set WATCHBILL_HOME."),
        ("port = ", "The settings file {file} cannot be read: Invalid value"),
        ("zone = 'Mars'\nport = -1", "zone in {file}: 'Mars' is no time zone"),
    ],
)
def test_a_wrong_setting_in_the_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        from_file(tmp_path, text)
    assert said.format(file=tmp_path / "watchbill.toml") in str(caught.value)
    assert str(caught.value).count("watchbill.toml") == max(1, str(caught.value).count("; ") + 1)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(bytes(range(256)))
    for name in ("missing", "garbage", ""):
        with pytest.raises(Invalid, match=f"The settings file {tmp_path / name} cannot be read"):
            load_settings({"WATCHBILL_HOME": str(tmp_path), "WATCHBILL_CONFIG": str(tmp_path / name)})

"""Settings: defaults that serve, a TOML file, and the environment, the last winning.

`WATCHBILL_HOME` is where data lives; `watchbill.toml` in it (or the file that `WATCHBILL_CONFIG` names) may set what follows, and
`WATCHBILL_<NAME>` in the environment overrides it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from engine.clock import Clock, FileClock, SystemClock
from engine.config import EngineSettings
from engine.errors import Invalid

PREFIX = "WATCHBILL_"
FILE = "watchbill.toml"
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")
ADVICE = "use sqlite:////FOLDER/FILE.db or postgresql+psycopg://USER:PASSWORD@HOST/NAME"


class Settings(BaseModel):
    """What a Watchbill needs to know of its place.

    `database_url` defaults to a SQLite file in `home`. `turn_budget_s`, `worker_threads` and `lease_s` are passed on to the engine.
    `clock_file` is for rehearsals: the moment in that file is the time, for all but the worker's lease, and it stands still until the
    file is written anew.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    home: Path
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(8033, ge=0, le=65535)
    workers: int = Field(2, ge=1, le=64)
    trusted_proxies: int = Field(0, ge=0, le=10)
    user: str | None = None
    zone: str = "Asia/Shanghai"
    turn_budget_s: float = Field(0.5, gt=0)
    worker_threads: int = Field(4, ge=1, le=256)
    lease_s: float = Field(15, ge=0.5)
    max_attachment_bytes: int = Field(10_000_000, ge=1, le=1_000_000_000)
    private_webhooks: bool = False
    clock_file: Path | None = None
    secret_key: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"

    @field_validator("database_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        """Refuse what is no address of a database that Watchbill knows; the message does not repeat it, since it may hold a password."""
        if not url:
            return url
        try:
            made = make_url(url)
        except (ArgumentError, ValueError) as error:
            raise ValueError(f"it is no database address: {ADVICE}") from error
        if made.drivername not in DRIVERS:
            raise ValueError(f"{made.drivername} is not supported: {ADVICE}")
        if made.get_backend_name() == "sqlite" and made.database in (None, "", ":memory:"):
            raise ValueError(f"a database in memory is gone when the command ends: {ADVICE}")
        return url

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (OSError, LookupError, ValueError) as error:
            raise ValueError(f"{zone!r} is no time zone: use a name such as Asia/Shanghai") from error
        return zone

    @property
    def url(self) -> str:
        """Return the database's address."""
        in_home = URL.create("sqlite", database=str(self.home / "watchbill.db"))
        return self.database_url or in_home.render_as_string()

    def engine_settings(self) -> EngineSettings:
        """Return what the engine reads of it."""
        lease = timedelta(seconds=self.lease_s)
        return EngineSettings(
            turn_budget_s=self.turn_budget_s,
            worker_threads=self.worker_threads,
            lease=lease,
            max_attachment_bytes=self.max_attachment_bytes,
            zone=self.zone,
            private_webhooks=self.private_webhooks,
        )

    def clock(self) -> Clock:
        """Return the clock to live by. Raises Invalid when there is no moment in `clock_file`."""
        if self.clock_file is None:
            return SystemClock()
        clock = FileClock(self.clock_file)
        try:
            clock.now()
        except (OSError, ValueError) as error:
            raise Invalid(f"The clock file {self.clock_file} tells no time: {error}.") from error
        return clock


def default_home(environment: Mapping[str, str]) -> Path:
    """Return where data lives when nobody said: the user's data folder."""
    base = environment.get("XDG_DATA_HOME") or str(Path(environment.get("HOME") or "~").expanduser() / ".local" / "share")
    return Path(base) / "watchbill"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. Raises Invalid, naming each setting that is wrong and where it came from."""
    given = os.environ if environment is None else environment
    home = _home(given)
    named = given.get(f"{PREFIX}CONFIG")
    file = Path(named or home / FILE)
    values = _from_file(file, required=bool(named))
    from_environment = {name: given[PREFIX + name.upper()] for name in Settings.model_fields if given.get(PREFIX + name.upper())}
    try:
        return Settings(**values | from_environment | {"home": home})
    except ValidationError as error:
        wrong = "; ".join(_told(each, from_environment, file) for each in error.errors())
        raise Invalid(f"The settings are wrong: {wrong}.") from error


def _home(given: Mapping[str, str]) -> Path:
    chosen = Path(given.get(f"{PREFIX}HOME") or default_home(given))
    try:
        return chosen.expanduser().resolve()
    except (RuntimeError, OSError) as error:
        raise Invalid(f"{PREFIX}HOME names no folder: {error}.") from error


def _from_file(file: Path, *, required: bool) -> dict[str, Any]:
    try:
        if not required and not file.exists():
            return {}
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid(f"The settings file {file} cannot be read: {error}.") from error
    if "home" in values:
        raise Invalid(f"The settings file {file} cannot move the home that it lies in: set {PREFIX}HOME.")
    return values


def _told(wrong: ErrorDetails, from_environment: Collection[str], file: Path) -> str:
    """Say what is wrong with one setting, under the name by which it was set."""
    name = ".".join(map(str, wrong["loc"]))
    if wrong["type"] == "extra_forbidden":
        return f"{file} sets {name}, which is no setting"
    where = f"{PREFIX}{name.upper()}" if name in from_environment else f"{name} in {file}"
    return f"{where}: {wrong['msg'].removeprefix('Value error, ')}"

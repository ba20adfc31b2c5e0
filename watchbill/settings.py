"""Settings: defaults that serve, a TOML file, and the environment, the last winning.

`WATCHBILL_HOME` is where data lives; `watchbill.toml` in it (or the file that `WATCHBILL_CONFIG` names) may set what follows, and
`WATCHBILL_<NAME>` in the environment overrides it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.clock import Clock, FileClock, SystemClock
from engine.config import EngineSettings
from engine.errors import Invalid

PREFIX = "WATCHBILL_"
FILE = "watchbill.toml"


class Settings(BaseModel):
    """What a Watchbill needs to know of its place.

    `database_url` defaults to a SQLite file in `home`. `bpmn` is the folder of the processes that come along. `turn_budget_s`,
    `worker_threads` and `lease_s` are passed on to the engine. `clock_file` is for rehearsals: the moment in that file is the time, for
    all but the worker's lease, and it stands still until the file is written anew.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(8033, ge=0, le=65535)
    workers: int = Field(2, ge=1, le=64)
    user: str | None = None
    zone: str = "Asia/Shanghai"
    turn_budget_s: float = Field(0.5, gt=0)
    worker_threads: int = Field(4, ge=1, le=256)
    lease_s: float = Field(15, ge=0.5)
    clock_file: Path | None = None
    log_level: str = Field("warning", pattern="^(debug|info|warning|error)$")

    @property
    def url(self) -> str:
        """Return the database's address."""
        return self.database_url or f"sqlite:///{self.home / 'watchbill.db'}"

    def engine_settings(self) -> EngineSettings:
        """Return what the engine reads of it."""
        lease = timedelta(seconds=self.lease_s)
        return EngineSettings(turn_budget_s=self.turn_budget_s, worker_threads=self.worker_threads, lease=lease, zone=self.zone)

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
    base = environment.get("XDG_DATA_HOME") or str(Path(environment.get("HOME", "~")).expanduser() / ".local" / "share")
    return Path(base) / "watchbill"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. Raises Invalid, naming each setting that is wrong and where it came from."""
    given = os.environ if environment is None else environment
    home = Path(given.get(f"{PREFIX}HOME") or default_home(given)).expanduser().resolve()
    file = Path(given.get(f"{PREFIX}CONFIG") or home / FILE)
    values: dict[str, Any] = _from_file(file, required=f"{PREFIX}CONFIG" in given)
    for name in Settings.model_fields:
        key = PREFIX + name.upper()
        if given.get(key):
            values[name] = given[key]
    values["home"] = home
    try:
        return Settings(**values)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise Invalid(f"The settings are wrong ({wrong}). They come from {file} and from {PREFIX}* in the environment.") from error


def _from_file(file: Path, *, required: bool) -> dict[str, Any]:
    if not file.exists() and not required:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Invalid(f"The settings file {file} cannot be read: {error}") from error

"""The one place that wires the house: settings, database, handlers, processes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from engine import commands
from engine.clock import Clock
from engine.commands import ProcessEngine
from engine.db import Database
from engine.definitions import kind_of
from engine.errors import Invalid
from engine.handling import HandlerRegistry
from engine.people import SYSTEM, Actor, load_actor
from records import china
from records.stored_calendars import has_calendar, store_calendar
from watchbill import migrating
from watchbill.secret import secret_key
from watchbill.settings import Settings

HANDLERS = "handlers"


@dataclass(frozen=True)
class House:
    """An opened Watchbill."""

    settings: Settings
    database: Database
    engine: ProcessEngine

    def actor(self, name: str | None) -> Actor:
        """Return a person as an actor; without a name the one of the settings, else the engine itself (who may run the command may all)."""
        chosen = name or self.settings.user
        if chosen is None:
            return SYSTEM
        with self.database.read() as connection:
            return load_actor(connection, chosen, now=self.engine.clock.now())

    def close(self) -> None:
        """Close every connection."""
        self.database.dispose()


def open_house(settings: Settings, *, clock: Clock | None = None, must_be_ready: bool = True) -> House:
    """Open a Watchbill, by the clock of its settings unless another is given.

    Raises Invalid when its database is not set up, or not of this program's version.
    """
    clock = clock or settings.clock()
    if must_be_ready and not has_database(settings):
        raise Invalid(f"There is no Watchbill in {settings.home}: run `watchbill init` first, or set WATCHBILL_HOME.")
    database = open_database(settings)
    try:
        pending = migrating.pending(database) if must_be_ready else ()
        if pending:
            raise Invalid(f"The database lacks the migrations {', '.join(pending)}: run `watchbill init`.")
        handlers = HandlerRegistry().discover(HANDLERS)
        return House(
            settings,
            database,
            ProcessEngine(database, clock, handlers, settings=settings.engine_settings(), secret_key=lambda: secret_key(settings)),
        )
    except BaseException:
        database.dispose()
        raise


def has_database(settings: Settings) -> bool:
    """Whether the database's file is there; what is no file is asked when it is opened."""
    url = make_url(settings.url)
    return url.get_backend_name() != "sqlite" or str(url.database).startswith("file:") or Path(str(url.database)).exists()


def open_database(settings: Settings) -> Database:
    """Open the database, making the home unless it is there. Raises Invalid without a home to write to, or without a driver."""
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Database(settings.url)
    except OSError as error:
        raise Invalid(f"The home {settings.home} cannot be made ({error.strerror}): set WATCHBILL_HOME to another folder.") from error
    except ImportError as error:
        raise Invalid(f"The database's driver is missing ({error}): install watchbill[postgres].") from error


def said_by_database(error: SQLAlchemyError) -> str:
    """Return what the database says of an error, without the statement and the links."""
    said = str(error.orig) if isinstance(error, DBAPIError) and error.orig is not None else str(error)
    return next(iter(said.strip().splitlines()), type(error).__name__)


def bring_up_to_date(house: House) -> list[str]:
    """Store the office calendar unless there is one, and deploy the processes that come along; return the keys of what is new."""
    now = house.engine.clock.now()
    with house.database.write() as connection:
        migrating.one_at_a_time(connection)
        if not has_calendar(connection, china.KEY):
            store_calendar(connection, china.office_calendar(), key=china.KEY, now=now)
    made = commands.deploy(house.engine, read_paths([bundled_processes()]), name="watchbill", actor=SYSTEM)
    return [each.key for each in made.definitions if each.is_new]


def bundled_processes() -> Path:
    """Return the folder of the processes that come along: beside the packages in a checkout, inside the installation otherwise."""
    for base in (Path(__file__).resolve().parent.parent, Path(sys.prefix)):
        if (base / "bpmn").is_dir():
            return base / "bpmn"
    raise Invalid("The folder of the bundled processes is missing: install Watchbill again.")


def read_paths(paths: list[Path]) -> dict[str, bytes]:
    """Read files, and the .bpmn, .dmn and .form files of folders, by their names relative to the folder. Raises Invalid."""
    files: dict[str, bytes] = {}
    for path in paths:
        if not path.exists():
            raise Invalid(f"There is no file or folder {path}.")
        found = sorted(each for each in path.rglob("*") if each.is_file() and kind_of(each.name)) if path.is_dir() else [path]
        for each in found:
            name = str(each.relative_to(path)) if path.is_dir() else each.name
            if name in files:
                raise Invalid(f"Two of the files are called {name}: deploy them apart, or rename one.")
            files[name] = each.read_bytes()
    if not files:
        raise Invalid(f"There is no .bpmn, .dmn or .form file in {', '.join(map(str, paths))}.")
    return files

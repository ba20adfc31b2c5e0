"""Finds definitions: immutable, so what was read once is kept; names are resolved inside the caller's deployment first, then latest."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import sqlalchemy as sa

from engine.db import Database
from engine.decisions import Decision
from engine.definitions.files import read_files
from engine.definitions.forms import Form
from engine.diagram.model import Process
from engine.errors import NotFound
from engine.tables import blob, definition, deployed_file

MOST_KEPT = 512


class DefinitionStore:
    """Definitions by id, read once per process; used by many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def process(self, definition_id: str) -> Process:
        """Return a process's diagram. Raises NotFound."""
        return self._read(definition_id, "process")  # type: ignore[no-any-return]

    def called(self, key: str, caller: str) -> str:
        """Return the definition id of the process that a definition calls. Raises NotFound."""
        return self._resolve("process", key, caller)

    def decision(self, key: str, caller: str) -> Decision:
        """Return the decision that a definition asks. Raises NotFound."""
        return self._read(self._resolve("decision", key, caller), "decision")  # type: ignore[no-any-return]

    def form(self, key: str, caller: str) -> Form:
        """Return the form that a definition shows. Raises NotFound."""
        return self._read(self._resolve("form", key, caller), "form")  # type: ignore[no-any-return]

    def source(self, definition_id: str) -> bytes:
        """Return the file as it was deployed. Raises NotFound."""
        return self._file(definition_id)[2]

    def _resolve(self, kind: str, key: str, caller: str) -> str:
        """Look in the caller's deployment, then for the latest version; the first never changes, so it is kept."""
        kept = f"{caller} {kind} {key}"
        with self._lock:
            if kept in self._kept:
                return str(self._kept[kept])
        home = sa.select(definition.c.deployment_id).where(definition.c.id == caller).scalar_subquery()
        chosen = sa.or_(definition.c.is_latest, definition.c.deployment_id == home)
        statement = sa.select(definition.c.id, (definition.c.deployment_id == home).label("at_home"))
        statement = statement.where(definition.c.kind == kind, definition.c.key == key, chosen)
        with self._database.read(aside=True) as connection:
            rows = sorted(connection.execute(statement), key=lambda row: not row.at_home)
        if not rows:
            raise NotFound(f"There is no {kind} '{key}': deploy it, or correct the name in the diagram.")
        if rows[0].at_home:
            self._keep(kept, rows[0].id)
        return str(rows[0].id)

    def _read(self, definition_id: str, kind: str) -> Any:
        with self._lock:
            if definition_id in self._kept:
                self._kept.move_to_end(definition_id)
                return self._kept[definition_id]
        key, name, content = self._file(definition_id)
        read = read_files({name: content}, most_bytes=len(content))
        found: dict[str, Any] = {each.key: each for each in read.processes} if kind == "process" else {}
        if kind != "process":
            found = {each.id: each for each in (read.decisions if kind == "decision" else read.forms)}
        self._keep(definition_id, found[key])
        return found[key]

    def _keep(self, key: str, value: Any) -> None:
        with self._lock:
            self._kept[key] = value
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def _file(self, definition_id: str) -> tuple[str, str, bytes]:
        joined = definition.join(deployed_file, deployed_file.c.id == definition.c.file_id).join(blob, blob.c.hash == deployed_file.c.hash)
        statement = sa.select(definition.c.key, deployed_file.c.name, blob.c.content).select_from(joined)
        with self._database.read(aside=True) as connection:
            row = connection.execute(statement.where(definition.c.id == definition_id)).one_or_none()
        if row is None:
            raise NotFound(f"There is no definition {definition_id!r}: look at `watchbill definitions`.")
        return str(row.key), str(row.name), bytes(row.content)

"""Deploys files: they stand or fall together, become immutable versions, and the same content again is the same deployment."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.definitions.files import MOST_FILES, Known, Read, check_references, kind_of, read_files
from engine.definitions.starts import check_starts, replace_starts
from engine.definitions.structure import MOST_CHARACTERS
from engine.definitions.xml import MOST_BYTES
from engine.errors import DeploymentRefused, Problem
from engine.ids import new_id
from engine.tables import blob, definition, deployed_file, deployment

DEPLOY_LOCK = 7_301_442


@dataclass(frozen=True, slots=True)
class Deployed:
    """A definition of a deployment; `is_new` tells whether this deployment made the version."""

    id: str
    kind: str
    key: str
    version: int
    name: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment; `is_new` is false when exactly these files were the last deployment of this name."""

    id: str
    name: str
    definitions: tuple[Deployed, ...]
    is_new: bool


def deploy(
    connection: Connection,
    files: Mapping[str, bytes],
    *,
    name: str,
    actor: str,
    now: datetime,
    known_topics: Collection[str] | None = None,
    external_topics_allowed: bool = True,
    changed_only: bool = False,
    source: str | None = None,
    most_bytes: int = MOST_BYTES,
    zone: str = "Asia/Shanghai",
) -> Deployment:
    """Deploy files.

    1. Deployments run one after the other: the versions of a key have no gaps and no doubles.
    2. All problems of all files are gathered; if there is any, nothing is written.
    3. The same files as the last deployment of this name are that deployment, unless something newer replaced a part of it.
    4. With `changed_only` a definition whose file has not changed keeps its latest version, else every definition gets a new one.

    Raises DeploymentRefused with every problem.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(DEPLOY_LOCK)))
    read = read_files(files, most_bytes=most_bytes)
    problems = (*_counted(files, name), *read.problems)
    known = _known(connection)
    problems += check_references(read, known, topics=known_topics, external_topics_allowed=external_topics_allowed)
    told = {(problem.file, problem.element) for problem in problems}
    problems += tuple(
        each for each in check_starts(connection, read.processes, now=now, zone=zone) if (each.file, each.element) not in told
    )
    if problems:
        raise DeploymentRefused(tuple(problems))
    hashes = {file: hashlib.sha256(content).hexdigest() for file, content in files.items()}
    whole = hashlib.sha256("\n".join(f"{file} {digest}" for file, digest in sorted(hashes.items())).encode()).hexdigest()
    same = _same(connection, name, whole)
    if same is not None:
        return same
    deployment_id = new_id()
    connection.execute(
        sa.insert(deployment).values(id=deployment_id, name=name, source=source, hash=whole, deployed_at=now, deployed_by=actor)
    )
    stored = _store_files(connection, deployment_id, files, hashes)
    made = _make_versions(connection, deployment_id, read, stored=stored, hashes=hashes, changed_only=changed_only)
    processes = {process.key: process for process in read.processes}
    for each in made:
        if each.kind == "process" and each.is_new:
            replace_starts(connection, each.id, processes[each.key], actor=actor, now=now, zone=zone)
    return Deployment(deployment_id, name, tuple(made), is_new=True)


def _counted(files: Mapping[str, bytes], name: str) -> tuple[Problem, ...]:
    if len(name) > MOST_CHARACTERS:
        text = f"The deployment's name has {len(name)} characters; {MOST_CHARACTERS} are allowed."
        return (Problem("", 0, "", "too-long", text, "Shorten it."),)
    if not files:
        return (Problem("", 0, "", "no-file", "There is no file to deploy.", "Name .bpmn, .dmn or .form files, or a folder of them."),)
    if len(files) > MOST_FILES:
        return (Problem("", 0, "", "many-files", f"There are {len(files)} files; {MOST_FILES} are allowed.", "Deploy them apart."),)
    return ()


def _known(connection: Connection) -> Known:
    rows = connection.execute(sa.select(definition.c.kind, definition.c.key).where(definition.c.is_latest))
    found: dict[str, set[str]] = {"process": set(), "decision": set(), "form": set()}
    for kind, key in rows:
        found[kind].add(key)
    return Known(found["process"], found["decision"], found["form"])


def _same(connection: Connection, name: str, whole: str) -> Deployment | None:
    """Return the last deployment of a name if it had exactly these files."""
    last = connection.execute(
        sa.select(deployment.c.id, deployment.c.hash)
        .where(deployment.c.name == name)
        .order_by(deployment.c.deployed_at.desc(), deployment.c.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None or last.hash != whole:
        return None
    rows = connection.execute(
        sa.select(definition).where(definition.c.deployment_id == last.id).order_by(definition.c.kind, definition.c.key)
    ).all()
    if any(not row.is_latest for row in rows):
        return None
    found = tuple(Deployed(row.id, row.kind, row.key, row.version, row.name, is_new=False) for row in rows)
    return Deployment(last.id, name, found, is_new=False)


def _store_files(connection: Connection, deployment_id: str, files: Mapping[str, bytes], hashes: Mapping[str, str]) -> dict[str, str]:
    present = set(connection.scalars(sa.select(blob.c.hash).where(blob.c.hash.in_(set(hashes.values())))))
    missing = {digest: files[file] for file, digest in hashes.items() if digest not in present}
    if missing:
        connection.execute(sa.insert(blob), [{"hash": digest, "content": content} for digest, content in missing.items()])
    ids = {file: new_id() for file in sorted(files)}
    rows = [
        {"id": ids[file], "deployment_id": deployment_id, "name": file, "kind": kind_of(file), "hash": hashes[file]}
        for file in sorted(files)
    ]
    connection.execute(sa.insert(deployed_file), rows)
    return ids


def _make_versions(
    connection: Connection,
    deployment_id: str,
    read: Read,
    *,
    stored: Mapping[str, str],
    hashes: Mapping[str, str],
    changed_only: bool,
) -> list[Deployed]:
    wanted = [("process", each.key, each.name, each.file, each.version_tag) for each in read.processes]
    wanted += [("decision", each.id, each.name, each.file, None) for each in read.decisions]
    wanted += [("form", each.id, each.id, each.file, None) for each in read.forms]
    latest = {(row.kind, row.key): row for row in connection.execute(sa.select(definition).where(definition.c.is_latest))}
    made: list[Deployed] = []
    rows: list[dict[str, Any]] = []
    replaced: list[str] = []
    for kind, key, label, file, tag in wanted:
        before = latest.get((kind, key))
        if changed_only and before is not None and before.hash == hashes[file]:
            made.append(Deployed(before.id, kind, key, before.version, before.name, is_new=False))
            continue
        version = before.version + 1 if before is not None else 1
        replaced += [before.id] if before is not None else []
        each = Deployed(new_id(), kind, key, version, label, is_new=True)
        made.append(each)
        common = {"deployment_id": deployment_id, "file_id": stored[file], "hash": hashes[file], "version_tag": tag}
        rows.append({"id": each.id, "kind": kind, "key": key, "version": version, "name": label, "is_latest": True, **common})
    if replaced:
        connection.execute(sa.update(definition).where(definition.c.id.in_(replaced)).values(is_latest=False))
    if rows:
        connection.execute(sa.insert(definition), rows)
    return made

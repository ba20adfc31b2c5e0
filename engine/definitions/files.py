"""Reads the files of a deployment: every BPMN, DMN and form file, and every problem they have, alone and together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath

from engine.decisions import Decision, read_decisions
from engine.definitions.forms import Form, read_form
from engine.definitions.problems import Problems
from engine.definitions.reading import read_bpmn
from engine.definitions.rules import check_process
from engine.definitions.structure import MOST_CHARACTERS
from engine.definitions.uses import Uses, uses_of
from engine.definitions.xml import MOST_BYTES, parse
from engine.diagram.model import Node, Process
from engine.errors import Problem

KINDS = {".bpmn": "bpmn", ".bpmn2": "bpmn", ".dmn": "dmn", ".form": "form"}
MOST_FILES = 500


@dataclass(frozen=True, slots=True)
class Read:
    """What the files of a deployment say, and what is wrong with them."""

    processes: tuple[Process, ...]
    decisions: tuple[Decision, ...]
    forms: tuple[Form, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is deployed already and may be referred to: keys of processes, decisions and forms. None: do not check."""

    processes: Collection[str] = ()
    decisions: Collection[str] = ()
    forms: Collection[str] = ()


def kind_of(name: str) -> str | None:
    """Return what kind of file a name says it is: bpmn, dmn or form."""
    return KINDS.get(PurePosixPath(name).suffix.lower())


def read_files(files: Mapping[str, bytes], *, most_bytes: int = MOST_BYTES) -> Read:
    """Read files by name, without any check against what is deployed."""
    processes: list[Process] = []
    decisions: list[Decision] = []
    forms: list[Form] = []
    problems: list[Problem] = []
    for name, content in sorted(files.items()):
        kind = kind_of(name)
        if kind is None:
            problems.append(Problem(name, 0, "", "file-kind", "Only .bpmn, .dmn and .form files are deployed.", "Leave it out."))
        elif kind == "form":
            form, found = read_form(content, name) if len(content) <= most_bytes else (None, (_too_large(name, len(content), most_bytes),))
            problems.extend(found)
            forms.extend([form] if form is not None else [])
        else:
            _read_xml(kind, name, content, most_bytes, processes, decisions, problems)
    for process in processes:
        problems.extend(check_process(process))
    problems.extend(_duplicates(processes, decisions, forms))
    problems.extend(_too_long(files, decisions, forms))
    return Read(tuple(processes), tuple(decisions), tuple(forms), tuple(problems))


def _too_large(name: str, size: int, most: int) -> Problem:
    return Problem(name, 0, "", "too-large", f"The file has {size} bytes; {most} are allowed.", "Split it.")


def _read_xml(
    kind: str,
    name: str,
    content: bytes,
    most_bytes: int,
    processes: list[Process],
    decisions: list[Decision],
    problems: list[Problem],
) -> None:
    root, problem = parse(content, name, most_bytes=most_bytes)
    if root is None:
        problems.extend([problem] if problem is not None else [])
    elif kind == "dmn":
        read, found = read_decisions(root, file=name)
        decisions.extend(read)
        problems.extend(found)
    else:
        gathered = Problems(name)
        processes.extend(read_bpmn(root, gathered).processes)
        problems.extend(gathered.found)


def _duplicates(processes: list[Process], decisions: list[Decision], forms: list[Form]) -> list[Problem]:
    found = []
    for what, keys in (
        ("process", [(process.key, process.file) for process in processes]),
        ("decision", [(decision.id, decision.file) for decision in decisions]),
        ("form", [(form.id, form.file) for form in forms]),
    ):
        first: dict[str, str] = {}
        for key, file in keys:
            if key in first:
                text = f"The {what} '{key}' is also in {first[key]}."
                found.append(Problem(file, 0, key, "duplicate-key", text, "Deploy one of them, or rename one."))
            first.setdefault(key, file)
    return found


def _too_long(files: Mapping[str, bytes], decisions: list[Decision], forms: list[Form]) -> list[Problem]:
    names = [(name, "file name", name) for name in files]
    names += [(each.file, "decision", text) for each in decisions for text in (each.id, each.name)]
    names += [(form.file, "form", form.id) for form in forms]
    return [
        Problem(file[:80], 0, text[:80], "too-long", f"A {what} has a name of {len(text)} characters.", f"Use at most {MOST_CHARACTERS}.")
        for file, what, text in names
        if len(text) > MOST_CHARACTERS
    ]


def check_references(read: Read, known: Known, *, topics: Collection[str] | None, external_topics_allowed: bool) -> tuple[Problem, ...]:
    """Return the problems of what the processes name outside themselves: topics, decisions, forms, called processes."""
    processes = {process.key for process in read.processes} | set(known.processes)
    decisions = {decision.id for decision in read.decisions} | set(known.decisions)
    forms = {form.id for form in read.forms} | set(known.forms)
    found: list[Problem] = []
    for process in read.processes:
        uses = uses_of(process)
        if topics is not None:
            found.extend(_unknown_topics(process, uses, topics, external_topics_allowed))
        for what, named, there in (
            ("decision", uses.decisions, decisions),
            ("form", uses.forms, forms),
            ("process", uses.called, processes),
        ):
            found.extend(_missing(process, what, key, node) for key, node in named if key not in there)
    return tuple(found)


def _unknown_topics(process: Process, uses: Uses, topics: Collection[str], external: bool) -> list[Problem]:
    practices = {topic.split(".")[0] for topic in topics}
    found = []
    for topic, node in uses.topics:
        if topic in topics or (external and topic.split(".")[0] not in practices):
            continue
        near = get_close_matches(topic, topics, 1)
        hint = f"Did you mean '{near[0]}'?" if near else "Write a handler for it, or allow topics of external workers."
        found.append(Problem(process.file, node.line, node.id, "unknown-topic", f"No handler has the topic '{topic}'.", hint))
    return found


def _missing(process: Process, what: str, key: str, node: Node) -> Problem:
    text = f"'{node.name or node.id}' needs the {what} '{key}', which is neither in these files nor deployed."
    return Problem(process.file, node.line, node.id, f"missing-{what}", text, "Deploy it together with this file, or correct the name.")


def lint(files: Mapping[str, bytes], topics: Collection[str] | None = None, *, external_topics_allowed: bool = True) -> tuple[Problem, ...]:
    """Return every problem of files that would be deployed together on an empty system."""
    read = read_files(files)
    return (*read.problems, *check_references(read, Known(), topics=topics, external_topics_allowed=external_topics_allowed))

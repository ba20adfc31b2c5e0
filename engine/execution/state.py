"""The compact state of a live workflow: its live tokens and their variables, without the spec and without what has finished.

Version 1 is JSON: `{"v": 1, "x": [definition ids], "t": [token rows]}`; a row is [id, index of the parent's row or -1, state, index into
x, spec name, bookkeeping or 0, variables or 0], parents before children. Variables never meet a type registry, so no key can poison it.
"""

from __future__ import annotations

import json
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid
from engine.execution.compiler import Executable
from engine.execution.model import Host
from engine.execution.token import LIVE, Token
from engine.execution.workflow import LiveWorkflow

VERSION = 1


def dump(workflow: LiveWorkflow) -> bytes:
    """Return the state as bytes. Raises Invalid when a variable is not plain data."""
    used: dict[str, int] = {}
    index: dict[str, int] = {}
    rows: list[list[Any]] = []
    for token in workflow.tasks.values():
        if not token._state & LIVE and token._parent is not None:
            continue
        executable = used.setdefault(token.task_spec._wf_spec.executable_id, len(used))
        parent = -1 if token._parent is None else index[token._parent]
        index[token.id] = len(rows)
        rows.append([token.id, parent, token._state, executable, token.task_spec.name, token.internal_data or 0, token.data or 0])
    try:
        return json.dumps({"v": VERSION, "x": list(used), "t": rows}, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise Invalid(f"A variable is not plain data ({error}): use texts, numbers, booleans, lists and objects.") from error


def load(state: bytes, executable: Executable, *, host: Host, keep_finished: bool = False) -> LiveWorkflow:
    """Return the workflow as it was dumped. Raises Invalid when the state is of a version this program does not know."""
    document = json.loads(state)
    if document["v"] != VERSION:
        raise Invalid(f"The state has version {document['v']}; this program reads version {VERSION}: upgrade it.")
    workflow = LiveWorkflow(executable, host=host, keep_finished=keep_finished)
    called = [executable if key == executable.id else host.compiled(key) for key in document["x"]]
    workflow.called = {each.id: each for each in called}
    tokens: list[Token] = []
    for key, parent, status, used, name, internal, variables in document["t"]:
        token = Token(workflow, called[used].spec.task_specs[name], tokens[parent] if parent >= 0 else None, token_id=key)
        token._state = status
        token.internal_data = internal or {}
        token.data = variables or {}
        tokens.append(token)
        _remember(workflow, token)
    workflow.task_tree = tokens[0]
    return workflow


def _remember(workflow: LiveWorkflow, token: Token) -> None:
    if token._state == TaskState.READY:
        workflow.agenda.append(token)
    elif token.internal_data.get("wait") == "condition":
        workflow.conditional.add(token.id)
        workflow.variables_changed = True
    elif token._state == TaskState.WAITING and "wait" not in token.internal_data and hasattr(token.task_spec, "may_pass"):
        workflow.joining.add(token.id)

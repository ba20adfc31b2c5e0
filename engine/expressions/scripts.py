"""Script tasks: a sequence of assignments `name = expression`, one to a line or parted by `;`."""

from __future__ import annotations

import re

from engine.errors import ExpressionError
from engine.expressions.language import compile_expression, names_used
from engine.expressions.spelling import OPENING, TEXT_OR_REST, quoted, words

PIECE = re.compile(TEXT_OR_REST + r"|#[^\n]*|.", re.DOTALL)


def compile_assignments(script: str) -> tuple[tuple[str, str], ...]:
    """Return a script's assignments as (variable, expression) pairs, each checked. Raises ExpressionError naming the line."""
    found = []
    for number, line in _statements(script):
        where = f"Line {number} of the script, {quoted(line)}"
        try:
            name, expression = _cut(line) or ("", "")
            compile_expression(expression or "null")
        except ExpressionError as error:
            raise ExpressionError(f"{where}: {error}") from error
        if not name or not expression:
            raise ExpressionError(f"{where}, is not an assignment `name = expression`: use a handler for more.")
        if not _is_variable(name):
            raise ExpressionError(f"{where}, assigns to {quoted(name)}, which is no name of a variable.")
        found.append((name, expression))
    return tuple(found)


def _is_variable(name: str) -> bool:
    """Tell whether an expression could read the name back: no key, no word of the language, no letter that is read as another."""
    try:
        return name.isidentifier() and names_used(name) == {name}
    except ExpressionError:
        return False


def _statements(script: str) -> list[tuple[int, str]]:
    """Cut a script at line ends and semicolons that stand outside of quotes and brackets; `#` begins a remark to the line's end.

    The number is that of the line on which a statement begins.
    """
    statements: list[tuple[int, str]] = []
    current, depth, line, begun = "", 0, 1, 1
    for found in PIECE.finditer(script + "\n"):
        piece = found.group()
        if piece in (";", "\n") and depth <= 0:
            if current.strip():
                statements.append((begun, current.strip()))
            current = ""
        elif not piece.startswith("#"):
            begun = begun if current.strip() else line
            current += piece
            depth += (piece in OPENING) - (piece in OPENING.values())
        line += piece.count("\n")
    if current.strip():
        statements.append((begun, current.strip()))
    return statements


def _cut(line: str) -> tuple[str, str] | None:
    for word in words(line):
        if word.kind == "sign" and word.written == "=":
            return line[: word.at].strip(), line[word.at + 1 :].strip()
    return None

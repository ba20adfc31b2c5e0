"""Script tasks: a sequence of assignments `name = expression`, one to a line or parted by `;`."""

from __future__ import annotations

from engine.errors import ExpressionError
from engine.expressions.language import compile_expression
from engine.expressions.spelling import OPENING, words


def compile_assignments(script: str) -> tuple[tuple[str, str], ...]:
    """Return a script's assignments as (variable, expression) pairs, each checked. Raises ExpressionError naming the line."""
    found = []
    for number, line in _statements(script):
        parts = _cut(line)
        if parts is None:
            raise ExpressionError(
                f"Line {number} of the script, {line!r}, is not an assignment `name = expression`: use a handler for more."
            )
        name, expression = parts
        if not name.isidentifier() or name.startswith("_"):
            raise ExpressionError(f"Line {number} of the script assigns to {name!r}, which is no name of a variable.")
        compile_expression(expression)
        found.append((name, expression))
    return tuple(found)


def _statements(script: str) -> list[tuple[int, str]]:
    """Cut a script at line ends and semicolons that stand outside of quotes and brackets; `#` begins a remark to the line's end."""
    statements: list[tuple[int, str]] = []
    current, depth, quote, remark, line = "", 0, "", False, 1
    for sign in script + "\n":
        ends = sign in ";\n" and not quote and depth <= 0 and not (remark and sign == ";")
        remark = (remark or (sign == "#" and not quote)) and sign != "\n"
        if ends:
            if current.strip():
                statements.append((line, current.strip()))
            current = ""
        elif not remark:
            current += sign
            depth += 0 if quote else (sign in OPENING) - (sign in OPENING.values())
            quote = _quote_after(sign, quote)
        line += sign == "\n"
    if current.strip():
        statements.append((line - 1, current.strip()))
    return statements


def _quote_after(sign: str, quote: str) -> str:
    if quote:
        return "" if sign == quote else quote
    return sign if sign in "'\"" else ""


def _cut(line: str) -> tuple[str, str] | None:
    for word in words(line):
        if word.kind == "sign" and word.written == "=":
            return line[: word.at].strip(), line[word.at + 1 :].strip()
    return None

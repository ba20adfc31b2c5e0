"""Tells literals from expressions in what modelers write: `${x}`, `#{x}`, `=x`, and texts around them."""

from __future__ import annotations

import re

from engine.diagram.model import Value
from engine.errors import ExpressionError
from engine.expressions.language import compile_expression
from engine.expressions.spelling import TEXT_OR_REST

PIECE = re.compile(TEXT_OR_REST + "|[{}]", re.DOTALL)


def strip_expression(text: str) -> Value:
    """Tell a literal from an expression as modelers write it: `${x}`, `#{x}` or `=x`; a text around `${x}` becomes a joined text.

    A part that is no expression by itself is returned alone, so that it is refused: joined, `${a) + str(b}` would pass.
    """
    bare = text.strip()
    if bare.startswith("=") and not bare.startswith("=="):
        return Value(expression=bare[1:].strip())
    parts = _parts(bare)
    if len(parts) == 1 and parts[0][0]:
        return Value(expression=parts[0][1].strip())
    if not any(is_expression for is_expression, _ in parts):
        return Value(literal=text)
    for is_expression, part in parts:
        if is_expression and not _compiles(part):
            return Value(expression=part.strip())
    return Value(expression=" + ".join(f"str({part})" if is_expression else repr(part) for is_expression, part in parts))


def _compiles(part: str) -> bool:
    try:
        compile_expression(part)
    except ExpressionError:
        return False
    return True


def _parts(text: str) -> list[tuple[bool, str]]:
    parts: list[tuple[bool, str]] = []
    at = 0
    while at < len(text):
        start = min((found for found in (text.find("${", at), text.find("#{", at)) if found >= 0), default=-1)
        end = _end_of(text, start + 2) if start >= 0 else -1
        if start < 0 or end < 0:
            break
        if start > at:
            parts.append((False, text[at:start]))
        parts.append((True, text[start + 2 : end]))
        at = end + 1
    if at < len(text):
        parts.append((False, text[at:]))
    return parts


def _end_of(text: str, start: int) -> int:
    """Return where the `}` that closes an expression stands, past texts in quotes and inner braces; -1 when there is none."""
    depth = 0
    for found in PIECE.finditer(text, start):
        sign = found.group()
        if sign == "}" and not depth:
            return found.start()
        depth += (sign == "{") - (sign == "}")
    return -1

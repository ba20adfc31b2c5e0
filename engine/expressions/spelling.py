"""Brings the spellings that modelers write (JUEL, FEEL) into the one language: `&&`, `empty x`, `a ? b : c`, `if a then b else c`, `=`.

A text is cut into words, never matched as a whole, so that what stands in quotes stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import ExpressionError

WORD = re.compile(
    r"(?P<space>\s+)|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d]\w*)|(?P<sign>&&|\|\||==|!=|<=|>=|\*\*|\.\.|//|[-+*/%<>=!?:.,()\[\]{}])"
)
SAME = {
    "&&": "and", "||": "or", "null": "None", "true": "True", "false": "False", "mod": "%", "div": "/", "=": "==",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
BETWEEN_OPERANDS = {"mod", "div", "eq", "ne", "lt", "le", "gt", "ge"}
TWO_WORDS = {
    ("list", "contains"): "contains", ("string", "length"): "len", ("upper", "case"): "upper", ("lower", "case"): "lower",
    ("starts", "with"): "starts_with", ("ends", "with"): "ends_with",
}  # fmt: skip
OPENING = {"(": ")", "[": "]", "{": "}"}
NAMES_THAT_ARE_SIGNS = {"and", "or", "not", "in", "if", "else", "then", "empty"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its kind (text, number, name, sign), how it is written, and where it begins."""

    kind: str
    written: str
    at: int


def words(source: str) -> list[Word]:
    """Cut a text into words. Raises ExpressionError at the first character that belongs to none."""
    found, at = [], 0
    while at < len(source):
        match = WORD.match(source, at)
        if match is None:
            raise ExpressionError(f"Character {at + 1} of {source!r} does not belong in an expression: {source[at]!r}.")
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Word(kind, match.group(), at))
        at = match.end()
    return _joined(found)


def _joined(found: list[Word]) -> list[Word]:
    joined: list[Word] = []
    index = 0
    while index < len(found):
        pair = tuple(word.written for word in found[index : index + 2])
        call = index + 2 < len(found) and found[index + 2].written == "("
        if pair in TWO_WORDS and call:
            joined.append(Word("name", TWO_WORDS[(pair[0], pair[1])], found[index].at))
            index += 2
        else:
            joined.append(found[index])
            index += 1
    return joined


def normalise(source: str) -> str:
    """Return the text in the one language's own spelling."""
    return _spell(words(source), source)


def _spell(group: list[Word], source: str) -> str:
    """Spell a run of words at one bracket level; the choice (`?` or `if`) binds least."""
    if group and group[0].kind == "name" and group[0].written == "if":
        then, other = _find(group, "then"), _find(group, "else")
        if then and other:
            parts = (group[1:then], group[then + 1 : other], group[other + 1 :])
            condition, yes, no = (_spell(part, source) for part in parts)
            return f"(({yes}) if ({condition}) else ({no}))"
    ask = _find(group, "?")
    if ask:
        answer = _matching_colon(group, ask)
        if answer is None:
            raise ExpressionError(f"The '?' at character {group[ask].at + 1} of {source!r} has no ':'.")
        parts = (group[:ask], group[ask + 1 : answer], group[answer + 1 :])
        condition, yes, no = (_spell(part, source) for part in parts)
        return f"(({yes}) if ({condition}) else ({no}))"
    return _spell_flat(group, source)


def _find(group: list[Word], written: str) -> int | None:
    depth = 0
    for index, word in enumerate(group):
        if word.kind == "sign" and word.written in OPENING:
            depth += 1
        elif word.kind == "sign" and word.written in OPENING.values():
            depth -= 1
        elif depth == 0 and word.written == written and word.kind != "text":
            return index
    return None


def _matching_colon(group: list[Word], ask: int) -> int | None:
    depth = pending = 0
    for index in range(ask + 1, len(group)):
        word = group[index]
        if word.kind != "sign":
            continue
        if word.written in OPENING:
            depth += 1
        elif word.written in OPENING.values():
            depth -= 1
        elif depth == 0 and word.written == "?":
            pending += 1
        elif depth == 0 and word.written == ":":
            if not pending:
                return index
            pending -= 1
    return None


def _spell_flat(group: list[Word], source: str) -> str:
    out: list[str] = []
    index = 0
    while index < len(group):
        word = group[index]
        if word.kind == "sign" and word.written in OPENING:
            end = _closing(group, index, source)
            inner = _split_spelled(group[index + 1 : end], source)
            out.append(f"{word.written}{inner}{OPENING[word.written]}")
            index = end + 1
        elif word.kind == "name" and word.written == "empty" and index + 1 < len(group) and group[index + 1].written != ".":
            end = _operand_end(group, index + 1, source)
            out.append(f"is_empty({_spell(group[index + 1 : end], source)})")
            index = end
        else:
            out.append(_spell_word(group, index))
            index += 1
    return " ".join(out).replace(" . ", ".")


def _spell_word(group: list[Word], index: int) -> str:
    word = group[index]
    if word.kind == "text" or (index and group[index - 1].written == "."):
        return word.written
    if word.written == "!":
        return "not"
    if word.written in BETWEEN_OPERANDS:
        after = index + 1 < len(group) and (group[index + 1].kind != "sign" or group[index + 1].written in "([{-!")
        return SAME[word.written] if index and _ends_operand(group[index - 1]) and after else word.written
    return SAME.get(word.written, word.written)


def _ends_operand(word: Word) -> bool:
    if word.kind == "sign":
        return word.written in ")]}"
    return word.written not in NAMES_THAT_ARE_SIGNS


def _closing(group: list[Word], start: int, source: str) -> int:
    wanted = [OPENING[group[start].written]]
    for index in range(start + 1, len(group)):
        word = group[index]
        if word.kind == "sign" and word.written in OPENING:
            wanted.append(OPENING[word.written])
        elif word.kind == "sign" and word.written in OPENING.values():
            if word.written != wanted.pop():
                break
            if not wanted:
                return index
    raise ExpressionError(f"The {group[start].written!r} at character {group[start].at + 1} of {source!r} is not closed.")


def _split_spelled(inner: list[Word], source: str) -> str:
    parts, start, depth = [], 0, 0
    for index, word in enumerate(inner):
        if word.kind == "sign" and word.written in OPENING:
            depth += 1
        elif word.kind == "sign" and word.written in OPENING.values():
            depth -= 1
        elif depth == 0 and word.written == "," and word.kind == "sign":
            parts.append(_spell(inner[start:index], source))
            start = index + 1
    parts.append(_spell(inner[start:], source))
    return ", ".join(parts)


def _operand_end(group: list[Word], start: int, source: str) -> int:
    """Return where the operand that begins at `start` ends: a name with its dots, keys and call, or a bracket."""
    index = start
    while index < len(group):
        word = group[index]
        if word.kind == "sign" and word.written in OPENING:
            index = _closing(group, index, source) + 1
        elif (word.kind == "sign" and word.written != ".") or (index > start and word.kind != "sign" and group[index - 1].written != "."):
            break
        else:
            index += 1
    return index

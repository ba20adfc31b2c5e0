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
TEXT_OR_REST = r"\"(?:[^\"\\]|\\.)*(?:\"|\\?\Z)|'(?:[^'\\]|\\.)*(?:'|\\?\Z)"  # an open text goes to the end: found once, not at each quote
SAME = {
    "&&": "and", "||": "or", "null": "None", "true": "True", "false": "False", "mod": "%", "div": "/", "=": "==",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
BETWEEN_OPERANDS = {"mod", "div", "eq", "ne", "lt", "le", "gt", "ge"}
SEVERAL_WORDS = {
    ("list", "contains"): "contains", ("string", "length"): "len", ("upper", "case"): "upper", ("lower", "case"): "lower",
    ("starts", "with"): "starts_with", ("ends", "with"): "ends_with",
    ("date", "and", "time"): "date_time",
}  # fmt: skip
OPENING = {"(": ")", "[": "]", "{": "}"}
ESCAPES = frozenset("\\'\"nrtuUx")
MOST_NESTED = 80
MOST_QUOTED = 200
NAMES_THAT_ARE_SIGNS = {"and", "or", "not", "in", "if", "else", "then", "empty"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its kind (text, number, name, sign), how it is written, and where it begins."""

    kind: str
    written: str
    at: int


def cut(text: str) -> str:
    """Return a text as a message shows it: a long one cut short."""
    return text if len(text) <= MOST_QUOTED else text[:MOST_QUOTED] + "..."


def quoted(text: str) -> str:
    """Return a text as a message quotes it."""
    return repr(cut(text))


def words(source: str) -> list[Word]:
    """Cut a text into words. Raises ExpressionError at the first character that belongs to none, and for an escape that is unknown."""
    found, at = [], 0
    while at < len(source):
        match = WORD.match(source, at)
        if match is None:
            raise ExpressionError(f"Character {at + 1} of {quoted(source)} does not belong in an expression: {source[at]!r}.")
        kind = match.lastgroup or ""
        if kind == "text" and not ESCAPES.issuperset(pair[1] for pair in re.findall(r"\\.", match.group(), re.DOTALL)):
            raise ExpressionError(f"The text at character {at + 1} of {quoted(source)} has an unknown escape: write \\\\ for a backslash.")
        if kind != "space":
            found.append(Word(kind, match.group(), at))
        at = match.end()
    return _joined(found)


def _joined(found: list[Word]) -> list[Word]:
    joined: list[Word] = []
    index = 0
    while index < len(found):
        for written, name in SEVERAL_WORDS.items():
            after = index + len(written)
            if tuple(word.written for word in found[index:after]) == written and after < len(found) and found[after].written == "(":
                joined.append(Word("name", name, found[index].at))
                index = after
                break
        else:
            joined.append(found[index])
            index += 1
    return joined


def normalise(source: str) -> str:
    """Return the text in the one language's own spelling. Raises ExpressionError, also when brackets are nested too deeply."""
    found = words(source)
    depth = 0
    for before, word in zip([None, *found], found, strict=False):
        if before and before.kind == word.kind == "text":
            raise ExpressionError(f"Before the text at character {word.at + 1} of {quoted(source)} an operator or a comma is missing.")
        depth += (word.written in OPENING) - (word.written in OPENING.values())
        if depth > MOST_NESTED:
            raise ExpressionError(f"Brackets are nested deeper than {MOST_NESTED} at character {word.at + 1} of {quoted(source)}.")
    return _spell(found, source)


def _spell(group: list[Word], source: str) -> str:
    """Spell a run of words at one bracket level; the choice (`?` or `if`) binds least."""
    if group and group[0].kind == "name" and group[0].written == "if":
        then, other = _find(group, "then", after=1, nests="if"), _find(group, "else", after=1, nests="if")
        if then and other:
            parts = (group[1:then], group[then + 1 : other], group[other + 1 :])
            condition, yes, no = (_spell(part, source) for part in parts)
            return f"(({yes}) if ({condition}) else ({no}))"
    ask = _find(group, "?")
    if ask:
        answer = _find(group, ":", after=ask + 1, nests="?")
        if answer is None:
            raise ExpressionError(f"The '?' at character {group[ask].at + 1} of {quoted(source)} has no ':'.")
        parts = (group[:ask], group[ask + 1 : answer], group[answer + 1 :])
        condition, yes, no = (_spell(part, source) for part in parts)
        return f"(({yes}) if ({condition}) else ({no}))"
    return _spell_flat(group, source)


def _find(group: list[Word], written: str, *, after: int = 0, nests: str = "") -> int | None:
    """Return where a word stands outside of brackets, past as many as words that it closes (`:` past the `?` between) came before."""
    depth = pending = 0
    for index in range(after, len(group)):
        word = group[index]
        if word.kind == "sign" and word.written in OPENING:
            depth += 1
        elif word.kind == "sign" and word.written in OPENING.values():
            depth -= 1
        elif depth == 0 and word.kind != "text" and word.written == nests:
            pending += 1
        elif depth == 0 and word.kind != "text" and word.written == written:
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
    raise ExpressionError(f"The {group[start].written!r} at character {group[start].at + 1} of {quoted(source)} is not closed.")


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

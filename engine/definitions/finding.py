"""What a rule finds in a diagram, before the file's name is put to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: the line, the element, the rule's name, what is wrong, and what to do."""

    line: int
    element: str
    rule: str
    message: str
    hint: str

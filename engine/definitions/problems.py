"""Gathers the problems of one file, so that an author sees all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from engine.diagram.model import Value
from engine.errors import ExpressionError, Problem
from engine.expressions import compile_assignments, compile_expression, strip_expression


@dataclass
class Problems:
    """The problems found in a file so far."""

    file: str
    found: list[Problem] = field(default_factory=list)

    def add(self, at: etree._Element | int, element: str, rule: str, message: str, hint: str) -> None:
        """Note a problem at an XML element or a line."""
        line = at if isinstance(at, int) else int(at.sourceline or 0)
        self.found.append(Problem(self.file, line, element, rule, message, hint))

    def value(self, at: etree._Element, text: str | None, *, what: str) -> Value | None:
        """Read an attribute that is a literal or an expression; None when it is empty."""
        if text is None or not text.strip():
            return None
        value = strip_expression(text.strip())
        if value.expression is not None:
            self.check(at, value.expression, what=what)
        return value

    def expression(self, at: etree._Element, text: str | None, *, what: str) -> str | None:
        """Read what is an expression, with or without `${}` around it; None when it is empty."""
        if text is None or not text.strip():
            return None
        value = strip_expression(text.strip())
        source = value.expression if value.expression is not None else (value.literal or "").strip()
        self.check(at, source, what=what)
        return source

    def check(self, at: etree._Element, source: str, *, what: str) -> None:
        """Note a problem when an expression does not compile."""
        try:
            compile_expression(source)
        except ExpressionError as error:
            self.add(at, owner(at), "expression", f"The {what} cannot be read: {error}", "Write it in the expression language.")

    def script(self, at: etree._Element, text: str) -> tuple[tuple[str, str], ...]:
        """Read a script as assignments."""
        try:
            return compile_assignments(text)
        except ExpressionError as error:
            self.add(at, owner(at), "script", str(error), "A script is a list of assignments; for more, use a service task.")
            return ()


def owner(element: etree._Element) -> str:
    """Return the id of the nearest element around that a modeler shows: an event definition has an id too, but only its event is drawn."""
    place: etree._Element | None = element
    while place is not None:
        if place.get("id") and not str(place.tag).endswith("EventDefinition"):
            return str(place.get("id"))
        place = place.getparent()
    return ""

"""Gathers the problems of one file, so that an author sees all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from engine.diagram.model import Value
from engine.errors import ExpressionError, Problem
from engine.expressions import compile_assignments, compile_expression, strip_expression

MOST_CHARACTERS = 4000
MOST_OF_A_SCRIPT = 20_000


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
        if text is None or not text.strip() or not self.fits(at, text, MOST_CHARACTERS, what=what):
            return None
        value = strip_expression(text.strip())
        if value.expression is not None:
            self.check(at, value.expression, what=what)
        elif value.literal is not None and ("${" in value.literal or "#{" in value.literal):
            self.add(
                at, owner(at), "expression", f"The {what} {text.strip()[:60]!r} begins an expression and does not end it.", "Close it by }."
            )
        return value

    def fits(self, at: etree._Element, text: str, most: int, *, what: str) -> bool:
        """Tell whether a text is short enough to be read, and note a problem when it is not."""
        if len(text) > most:
            self.add(
                at, owner(at), "too-long", f"The {what} has {len(text)} characters; {most} are allowed.", "Shorten it, or use a handler."
            )
        return len(text) <= most

    def expression(self, at: etree._Element, text: str | None, *, what: str) -> str | None:
        """Read what is an expression, with or without `${}` around it; None when it is empty."""
        if text is None or not text.strip():
            return None
        value = strip_expression(text.strip())
        source = value.expression if value.expression is not None else (value.literal or "").strip()
        self.check(at, source, what=what)
        return source

    def condition(self, at: etree._Element, text: str | None, *, what: str) -> str | None:
        """Read an expression that is true or false: a text around `${}` makes a text, which is neither."""
        source, written = self.expression(at, text, what=what), (text or "").strip()
        if source is not None and written not in (source, f"={source}") and written[2:-1].strip() != source:
            self.add(at, owner(at), "expression", f"The {what} {written[:60]!r} is a text with expressions in it.", "Write one ${...}.")
        return source

    def check(self, at: etree._Element, source: str, *, what: str) -> None:
        """Note a problem when an expression does not compile."""
        try:
            foreign = "execution" in compile_expression(source).names
        except ExpressionError as error:
            self.add(at, owner(at), "expression", f"The {what} cannot be read: {error}", "Write it in the expression language.")
            return
        if foreign:
            text = f"The {what} asks for the 'execution' of another engine: {source!r}."
            self.add(at, owner(at), "expression", text, "Use the instance's variables.")

    def script(self, at: etree._Element, text: str) -> tuple[tuple[str, str], ...]:
        """Read a script as assignments."""
        if not self.fits(at, text, MOST_OF_A_SCRIPT, what="script"):
            return ()
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

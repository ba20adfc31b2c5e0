"""The types of a table's columns, as Camunda's engine reads them."""

from __future__ import annotations

from typing import Any

from engine.errors import ExpressionError
from engine.expressions import as_number

WHOLE = frozenset({"integer", "long"})
NUMBERS = frozenset({"number", "double"}) | WHOLE


def as_type(value: Any, type_name: str) -> Any:
    """Return a value as a column of numbers or of booleans holds it: the text "5" is 5 there, "true" is true.

    Null stays null. Any other type (`typeRef`) says nothing here: the modeler writes "string" where nobody chose, and dates are read by
    the cells. Raises ExpressionError when the value is not of the type: untold, its rules would never hold.
    """
    if value is None or type_name not in NUMBERS | {"boolean"}:
        return value
    found = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
    if type_name == "boolean":
        fits = isinstance(found, bool)
    else:
        found = found if isinstance(found, bool) else as_number(value)
        fits = not isinstance(found, bool) and (type_name not in WHOLE or found == int(found))
    if not fits:
        raise ExpressionError(f"{value!r} is not of the type {type_name}.")
    return int(found) if type_name in WHOLE else found

"""Writes the table of rights into docs/security.md: `python -m tests.people.rights_page`."""

from __future__ import annotations

from pathlib import Path

from engine.people import TABLE, Action, DefinitionThing, HouseThing, InstanceThing, PersonThing, TaskThing, Thing, relations_to

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
BEGIN = "<!-- rights: written from engine/people/rights.py by `make docs` -->\n"
END = "<!-- end of rights -->\n"
HEADINGS: tuple[tuple[type[Thing], str], ...] = (
    (TaskThing, "A human task"),
    (InstanceThing, "A process instance"),
    (DefinitionThing, "A process definition"),
    (PersonThing, "An account"),
    (HouseThing, "The whole house"),
)


def rights_tables() -> str:
    """Return one Markdown table for each kind of thing."""
    return "\n".join(_table(kind, heading) for kind, heading in HEADINGS)


def page_with(page: str, tables: str) -> str:
    """Return the page with its tables replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables}\n{END}{after}"


def _table(kind: type[Thing], heading: str) -> str:
    rows = [_row(action, kind) for action, rule in TABLE.items() if kind in rule.things]
    return "\n".join((f"### {heading}\n", "| action | may be done by | customers' users | token scope |", "|---|---|---|---|", *rows, ""))


def _row(action: Action, kind: type[Thing]) -> str:
    rule = TABLE[action]
    people = ", ".join(relation.value for relation in relations_to(kind, rule))
    customers = ("of their own customer" if kind in (TaskThing, InstanceThing) else "yes") if rule.customers else "never"
    return f"| `{action.value}` | {people} | {customers} | `{rule.scope.value}` |"


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), rights_tables()), encoding="utf-8")

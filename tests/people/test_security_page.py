"""docs/security.md says what the code does: rights, roles, scopes, lengths and costs, read from both sides."""

from __future__ import annotations

import re

import pytest

from engine.people import Role, Scope
from engine.people.passwords import HASHER, MIN_LENGTH
from tests.people.rights_page import BEGIN, END, PAGE, page_with, rights_tables

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_tables_on_the_page_are_those_in_the_code() -> None:
    assert page_with(TEXT, rights_tables()) == TEXT, "run `make docs`"
    assert TEXT.count(BEGIN) == TEXT.count(END) == 1


def test_every_role_and_scope_is_explained() -> None:
    explained = set(re.findall(r"^- `([a-z-]+)`:", TEXT, flags=re.MULTILINE))
    assert explained == {*Role, *Scope}


@pytest.mark.parametrize("words", [f"at least {MIN_LENGTH} characters", f"{HASHER.memory_cost // 1024} MiB", f"{HASHER.time_cost} passes"])
def test_the_figures_for_passwords_are_those_in_the_code(words: str) -> None:
    assert words in TEXT

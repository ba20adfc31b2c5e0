"""No known way out of the language leads out; none even touches the host."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import ExpressionError
from engine.expressions import compile_assignments, compile_unary_tests, evaluate, strip_expression
from tests.expressions.escapes import ESCAPES

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
VARIABLES = {"x": 3, "text": "abc", "items": [1, 2, 3], "data": {"a": 1}}
ROOT = Path(__file__).parents[2]
WATCHED = """
import os, sys
from datetime import UTC, datetime
from engine.errors import ExpressionError
from engine.expressions import compile_assignments, compile_unary_tests, evaluate, strip_expression
from tests.expressions.escapes import ESCAPES
from tests.expressions.test_escapes import NOW, VARIABLES, attempts

HARMLESS = {"compile", "builtins.id"}
seen = []
watching = False
sys.addaudithook(lambda event, arguments: seen.append((event, arguments)) if watching and event not in HARMLESS else None)
evaluate("1 + x", VARIABLES, now=NOW)
environment, modules = dict(os.environ), set(sys.modules)
watching = True
for source, _ in ESCAPES:
    for attempt in attempts(source.replace("CANARY", sys.argv[1])):
        try:
            attempt()
        except ExpressionError:
            pass
watching = False
assert not seen, seen
assert dict(os.environ) == environment
assert set(sys.modules) == modules, set(sys.modules) - modules
print("untouched", len(ESCAPES))
"""


def attempts(source: str):
    """The ways by which an author's text reaches the language."""
    yield lambda: evaluate(source, VARIABLES, now=NOW)
    yield lambda: compile_assignments(f"a = {source}")
    yield lambda: compile_unary_tests(source).holds(3, VARIABLES, now=NOW)
    yield lambda: compile_unary_tests(f"? = {source}").holds(3, VARIABLES, now=NOW)


@pytest.mark.parametrize(("source", "part"), ESCAPES, ids=[ascii(source) for source, _ in ESCAPES])
def test_a_known_escape_is_refused_with_what_and_where(source: str, part: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        evaluate(source, VARIABLES, now=NOW)
    message = str(refused.value)
    assert part in message
    assert source in message or repr(source) in message
    assert len(message) < 1000


def test_there_are_more_than_sixty_and_each_is_another() -> None:
    assert len({source for source, _ in ESCAPES}) == len(ESCAPES) > 60


@pytest.mark.parametrize("spelling", ["${%s}", "#{%s}", "=%s", "before ${%s} after", "${x}${%s}"])
def test_no_spelling_around_an_escape_lets_it_out(spelling: str) -> None:
    let_through = []
    for source, _ in ESCAPES:
        value = strip_expression(spelling % source)
        try:
            let_through.append((source, evaluate(value.expression or "", VARIABLES, now=NOW)))
        except ExpressionError:
            continue
    assert let_through == []


def test_no_escape_touches_the_host(tmp_path: Path) -> None:
    """Under a watch on every file, process, import and socket that Python opens; with a canary that several escapes would write."""
    canary = tmp_path / "canary"
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED, str(canary)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (ran.stdout, ran.returncode) == (f"untouched {len(ESCAPES)}\n", 0), ran.stderr
    assert not canary.exists()

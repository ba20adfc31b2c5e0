"""What an expression costs is bounded: a bomb is refused, or its result is small; each runs alone, under limits of memory and CPU time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parents[2]
LIMITED = """
import resource, sys
from datetime import UTC, datetime
from engine.errors import ExpressionError
from engine.expressions import *
megabyte = 1 << 20
resource.setrlimit(resource.RLIMIT_AS, (512 * megabyte, 512 * megabyte))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
names = {"x": 3, "text": "x" * 100_000, "items": list(range(100_000)), "texts": ["y" * 1000] * 1000, "big": 2**4000}
def evaluated(source):
    return evaluate(source, names, now=NOW)
def weight(value):
    return 1 if not isinstance(value, (str, list, dict)) else len(value) if isinstance(value, str) else sum(map(weight, value))
def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    result = BOMB
    print("bounded" if weight(result) < 6_000_000 else "grew")
except ExpressionError as error:
    print("refused" if len(str(error)) < 2000 else "refused at length")
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
assert grown < 200, f"{grown} MB"
"""
REFUSED = {
    "a tower of powers": "evaluated('9**9**9')",
    "a tower of powers that is nested": "evaluated('9**(9**(9**9))')",
    "powers of powers": "evaluated('(((10**64)**64)**64)**64')",
    "a power with a huge base": "evaluated('big**64')",
    "a power with a huge float": "evaluated('1e12**64')",
    "a negative power": "evaluated('2**-1000000000')",
    "a product of huge numbers": "evaluated('*'.join(['big'] * 100))",
    "a sum that grows": "evaluated('+'.join(['big*big'] * 50))",
    "a text repeated": """evaluated("'a' * 10**10")""",
    "a text repeated, the other way": """evaluated("10**10 * 'a'")""",
    "a list repeated": "evaluated('[0] * 10**10')",
    "a list repeated again and again": "evaluated('[[[0] * 999] * 999] * 999')",
    "a shift": "evaluated('1 << 10**10')",
    "a text that doubles": "evaluated('+'.join(['text'] * 100))",
    "a list that doubles": "evaluated('+'.join(['items'] * 100))",
    "a list of large lists": "evaluated('[' + ','.join(['items'] * 150) + ']')",
    "a list of large texts": "evaluated('[' + ','.join(['text'] * 150) + ']')",
    "an object of large lists": "evaluated('{' + ','.join(f'\"k{n}\": items' for n in range(100)) + '}')",
    "a list of large lists as text": "evaluated('str([' + ','.join(['items'] * 150) + '])')",
    "a join by a large text": "evaluated('join(items, text)')",
    "a join of large texts": "evaluated('join(texts, text)')",
    "a join of joins": "evaluated('join(split(join(items, \"ab\"), \"a\"), text)')",
    "numbers without end": "evaluated('numbers(0, 10**12)')",
    "numbers from far below": "evaluated('numbers(-10**12, 0)')",
    "a number of a million digits": "evaluated('1' * 4000)",
    "a text read as a number": "evaluated('int(text)')",
    "a large number rounded": "evaluated('round(big, -10**9)')",
    "a huge float": "evaluated('1e999999999')",
    "a date beyond the calendar": """evaluated("date('9999-12-31') + duration('P1000Y')")""",
    "a date before the calendar": """evaluated("date('0001-01-01') - duration('P1D')")""",
    "durations that add up": """evaluated("+".join(["duration('P365000D')"] * 60) + " + " + "+".join(["duration('P365000D')"] * 39))""",
    "a duration of a million digits": """evaluated("duration('P' + text + 'D')")""",
    "a duration of many digits": "parse_duration('P' + '9' * 1_000_000 + 'D')",
    "hours of many digits": "parse_duration('PT' + '9' * 1_000_000 + 'H')",
    "a cycle of many digits": "parse_cycle('R' + '9' * 1_000_000 + '/PT1H')",
    "a moment of many digits": "parse_moment('2026-01-01T00:00:00.' + '9' * 1_000_000)",
    "a thousand brackets in a cell": "compile_unary_tests('(' * 10_000 + '1' + ')' * 10_000)",
    "ten thousand brackets": "evaluated('(' * 10_000 + '1' + ')' * 10_000)",
    "as many brackets as fit": "evaluated('(' * 1999 + '1' + ')' * 1999)",
    "lists in lists": "evaluated('[' * 1999 + ']' * 1999)",
    "keys of keys": "evaluated('x' + '[0]' * 1300)",
    "dots after dots": "evaluated('x' + '.a' * 1900)",
    "minus after minus": "evaluated('-' * 3990 + '1')",
    "not after not": "evaluated('not ' * 990 + '1')",
    "calls in calls": "evaluated('abs(' * 700 + '1' + ')' * 700)",
    "choices in choices": "evaluated('1 ? 1 : ' * 490 + '1')",
    "FEEL choices in choices": "evaluated('if 1 then 1 else ' * 200 + '1')",
    "a long sum": "evaluated('1' + '+1' * 1990)",
    "a long comparison": "evaluated('1' + '<2' * 1990)",
    "a long list": "evaluated('[' + '1,' * 1900 + '1]')",
    "a million characters": "evaluated('1+' * 500_000 + '1')",
    "a million spaces": "evaluated(' ' * 1_000_000 + '1')",
    "a million quotes": "evaluated(chr(34) * 1_000_000)",
    "a cell of a million characters": "compile_unary_tests('\"a\",' * 250_000 + '1')",
    "a cell of dots": "compile_unary_tests('[' + '..' * 10_000 + 'x')",
    "a cell of intervals that never close": "compile_unary_tests('[1..' * 9_000)",
    "a cell of spaces in an interval": "compile_unary_tests('[1' + ' ' * 30_000 + '1]')",
    "a cell of openings": "compile_unary_tests(']' * 30_000)",
    "a cell of negations": "compile_unary_tests('not(' * 9_000)",
    "a cell of conjunctions": "compile_unary_tests('> 1 and ' * 4_000)",
    "a script of a million openings": "compile_assignments('a = ' + '(' * 1_000_000)",
    "a script of a million quotes": "compile_assignments('a = ' + chr(34) + chr(92) * 1_000_001)",
    "a script of escaped quotes": "compile_assignments('a = ' + chr(34) + (chr(92) + chr(34)) * 500_000)",
    "a script of escaped quotes and half an escape": "compile_assignments('a = ' + chr(34) + (chr(92) + chr(34)) * 500_000 + chr(92))",
    "data nested too deeply": "evaluate('x', {'x': deep(5000)}, now=NOW)",
    "data nested too deeply, as text": "evaluate('str(x)', {'x': deep(5000)}, now=NOW)",
    "data nested too deeply, compared": "evaluate('x == y', {'x': deep(5000), 'y': deep(5000)}, now=NOW)",
    "a sum of a list and a large one": "evaluated('texts + text')",
    "a key that an object of many keys lacks": "evaluate('x.y', {'x': dict.fromkeys(map(str, range(100_000)))}, now=NOW)",
    "a name that many variables lack": "evaluate('y' * 3000, dict.fromkeys(map(str, range(100_000))), now=NOW)",
}  # fmt: skip
BOUNDED = {
    "the largest power": "evaluated('10**64')",
    "a sort": "evaluated('sorted(items)')",
    "all comparisons of large lists": "evaluated(' and '.join(['items == items + []'] * 30))",
    "all searches in large lists": "evaluated(' or '.join(['text in texts'] * 60))",
    "all searches in large texts": "evaluated(' or '.join([\"contains(text, 'xxxxxxxxxy')\"] * 50))",
    "splitting as often as possible": "evaluated(\"len(split(text, 'xx'))\")",
    "a choice that is not taken": "evaluated('1 if true else 9**9**9')",
    "a list of 200 small lists": "evaluated('[' + ','.join(['numbers(0, 9)'] * 60) + ']')",
    "a script of many lines": "len(compile_assignments('a = 1;' * 20_000))",
    "a cell of many values": "len(compile_unary_tests(','.join(['1'] * 10_000)).tests)",
    "many literal parts": "strip_expression('${' * 100_000).literal",
    "an expression of escaped quotes that never closes": "strip_expression('${' + chr(34) + (chr(92) + chr(34)) * 500_000).literal[:9]",
    "many parts": "strip_expression('$' * 1_000_000).literal",
}  # fmt: skip


def run(bomb: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED.replace("BOMB", bomb)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.returncode}: {ran.stderr[-2000:]}"
    return ran.stdout.strip()


@pytest.mark.parametrize("bomb", REFUSED.values(), ids=REFUSED.keys())
def test_a_bomb_is_refused(bomb: str) -> None:
    assert run(bomb) == "refused"


@pytest.mark.parametrize("work", BOUNDED.values(), ids=BOUNDED.keys())
def test_hard_work_is_bounded(work: str) -> None:
    assert run(work) == "bounded"

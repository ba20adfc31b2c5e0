"""The expressions that process owners write: safe by construction, over plain data."""

from engine.expressions.functions import as_number
from engine.expressions.language import CompiledExpression, compile_expression, evaluate, evaluate_inside, names_used
from engine.expressions.literals import strip_expression
from engine.expressions.scripts import compile_assignments
from engine.expressions.times import Cycle, Duration, parse_cycle, parse_duration, parse_moment
from engine.expressions.unary import UnaryTests, compile_unary_tests

__all__ = [
    "CompiledExpression",
    "Cycle",
    "Duration",
    "UnaryTests",
    "as_number",
    "compile_assignments",
    "compile_expression",
    "compile_unary_tests",
    "evaluate",
    "evaluate_inside",
    "names_used",
    "parse_cycle",
    "parse_duration",
    "parse_moment",
    "strip_expression",
]

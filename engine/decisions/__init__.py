"""Decision tables and expressions (DMN), read and evaluated."""

from engine.decisions.model import Aggregation, Decision, HitPolicy
from engine.decisions.reading import read_decisions

__all__ = ["Aggregation", "Decision", "HitPolicy", "read_decisions"]

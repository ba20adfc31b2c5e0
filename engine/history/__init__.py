"""What happened: an append-only table with a hash chain for each instance."""

from engine.history.canonical import canonical_text
from engine.history.chain import EMPTY, Event, Head, append, chain_hash
from engine.history.read import Entry, history_about, history_of
from engine.history.verify import Break, BreakKind, verify
from engine.plain import plain

__all__ = [
    "EMPTY",
    "Break",
    "BreakKind",
    "Entry",
    "Event",
    "Head",
    "append",
    "canonical_text",
    "chain_hash",
    "history_about",
    "history_of",
    "plain",
    "verify",
]

"""The runtime: commands on process instances, each in one transaction, and the questions about them."""

from engine.runtime.process_engine import ProcessEngine

__all__ = ["ProcessEngine"]

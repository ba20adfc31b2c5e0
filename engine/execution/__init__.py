"""Executes one process instance in memory, with SpiffWorkflow and our own task specs. The only home of SpiffWorkflow."""

from engine.execution.compiler import Executable, compile_process
from engine.execution.execution import Execution, LiveToken
from engine.execution.moves import Unmapped
from engine.execution.token import matches

__all__ = ["Executable", "Execution", "LiveToken", "Unmapped", "compile_process", "matches"]

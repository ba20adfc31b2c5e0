"""What service tasks do: handlers, declared by topic and found by package name."""

from engine.handling.context import Context, Queued, QueuedMessage, QueuedName, QueuedNote, QueuedNotice, QueuedStart, Requests
from engine.handling.declare import Handler, handler
from engine.handling.registry import HandlerRegistry, TopicDescription
from engine.handling.retries import RetryPlan

__all__ = [
    "Context",
    "Handler",
    "HandlerRegistry",
    "Queued",
    "QueuedMessage",
    "QueuedName",
    "QueuedNote",
    "QueuedNotice",
    "QueuedStart",
    "Requests",
    "RetryPlan",
    "TopicDescription",
    "handler",
]

"""What service tasks do: handlers, declared by topic and found by package name."""

from engine.handling.context import Context, Queued, QueuedMessage, QueuedName, QueuedNote, QueuedNotice, QueuedStart, Requests
from engine.handling.declare import Handler, handler
from engine.handling.registry import HandlerRegistry, TopicDescription
from engine.handling.retries import RetryPlan
from engine.handling.templates import element_templates, untranslated
from engine.handling.texts import LANGUAGES

__all__ = [
    "LANGUAGES",
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
    "element_templates",
    "handler",
    "untranslated",
]

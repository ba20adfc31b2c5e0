"""Webhooks: what other systems tell Watchbill, and what Watchbill tells them."""

from engine.hooks.alerts import Alert, HookKind, Mapped, checked_mapping, mapped, read_alerts
from engine.hooks.incoming import HookIn, add_hook_in, change_hook_in, hook_in_named, list_hooks_in, remove_hook_in, secret_of_hook_in
from engine.hooks.signing import Signed

__all__ = [
    "Alert",
    "HookIn",
    "HookKind",
    "Mapped",
    "Signed",
    "add_hook_in",
    "change_hook_in",
    "checked_mapping",
    "hook_in_named",
    "list_hooks_in",
    "mapped",
    "read_alerts",
    "remove_hook_in",
    "secret_of_hook_in",
]

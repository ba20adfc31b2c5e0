"""Webhooks: what other systems tell Watchbill, and what Watchbill tells them."""

from engine.hooks.alerts import Mapped, checked_mapping, mapped, read_alerts
from engine.hooks.incoming import HookIn, add_hook_in, change_hook_in, hook_in_named, list_hooks_in, remove_hook_in, secret_of_hook_in
from engine.hooks.monitors import Alert, HookKind
from engine.hooks.outgoing import (
    MOST_LISTED,
    Delivered,
    Delivery,
    HookOut,
    add_hook_out,
    change_hook_out,
    deliveries,
    hook_out_named,
    list_hooks_out,
    remove_hook_out,
    secret_of_hook_out,
)
from engine.hooks.signing import Signed

__all__ = [
    "MOST_LISTED",
    "Alert",
    "Delivered",
    "Delivery",
    "HookIn",
    "HookKind",
    "HookOut",
    "Mapped",
    "Signed",
    "add_hook_in",
    "add_hook_out",
    "change_hook_in",
    "change_hook_out",
    "checked_mapping",
    "deliveries",
    "hook_in_named",
    "hook_out_named",
    "list_hooks_in",
    "list_hooks_out",
    "mapped",
    "read_alerts",
    "remove_hook_in",
    "remove_hook_out",
    "secret_of_hook_in",
    "secret_of_hook_out",
]

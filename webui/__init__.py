"""Pages and REST; no business rules."""

from webui.app import App, create_app

__all__ = ["App", "create_app"]

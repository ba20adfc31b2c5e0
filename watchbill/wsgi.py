"""What a web process serves."""

from __future__ import annotations

from watchbill import migrating
from watchbill.house import open_house
from watchbill.secret import secret_key
from watchbill.settings import load_settings
from webui import App, create_app


def create() -> App:
    """Open the house and return its pages."""
    house = open_house(load_settings())
    return create_app(
        house.engine,
        is_ready=lambda: not migrating.pending(house.database),
        secret_key=secret_key(house.settings),
        trusted_proxies=house.settings.trusted_proxies,
    )

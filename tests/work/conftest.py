"""The engine of the runtime's tests, with its people and topics."""

from __future__ import annotations

from tests.runtime.conftest import deploy, house  # noqa: F401  # fixtures

"""The engine's settings refuse what nothing could run with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.config import EngineSettings


def test_the_defaults_serve() -> None:
    assert EngineSettings().zone == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"turn_budget_s": 0.0}, "setting turn_budget_s is 0.0: it must be above 0"),
        ({"turn_budget_s": float("nan")}, "setting turn_budget_s is nan: it must be above 0"),
        ({"retries": -1}, "setting retries is -1: it must be above 0"),
        ({"message_ttl": timedelta(0)}, "setting message_ttl is 0:00:00: it must be above 0"),
        ({"zone": "Shanghai"}, "setting zone is 'Shanghai': use a name such as Asia/Shanghai"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="setting") as refusal:
        EngineSettings(**values)
    assert str(refusal.value) == message

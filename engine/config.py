"""The engine's settings: plain values with defaults that serve; `watchbill.settings` fills them from the environment."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How the engine behaves, whatever runs on it.

    `turn_budget_s` bounds one turn of an instance, which then queues again, and `max_turns_in_row` such turns that end on their budget
    count as a stall. `message_ttl` is how long a message waits for its catch, `idempotency_ttl` how long a second call is recognised.
    `retries` counts tries in all, the first of `backoff` apart, doubling up to `max_backoff`; a topic or a diagram may say otherwise.
    A worker holds its lease for `lease`; `job_lease` is how long one outside call may take. `zone` is where the organisation lives.
    `private_webhooks` lets webhooks go to addresses that are not public.
    """

    turn_budget_s: float = 0.5
    max_turns_in_row: int = 1000
    message_ttl: timedelta = timedelta(days=1)
    idempotency_ttl: timedelta = timedelta(days=1)
    max_file_bytes: int = 10_000_000
    max_attachment_bytes: int = 10_000_000
    max_variables_bytes: int = 1_000_000
    retries: int = 3
    backoff: timedelta = timedelta(minutes=1)
    max_backoff: timedelta = timedelta(hours=1)
    lease: timedelta = timedelta(seconds=15)
    job_lease: timedelta = timedelta(minutes=5)
    sweep_limit: int = 200
    worker_threads: int = 4
    zone: str = "Asia/Shanghai"
    private_webhooks: bool = False

    def __post_init__(self) -> None:
        """Refuse what nothing could run with."""
        for field in fields(self):
            value = getattr(self, field.name)
            amount = value.total_seconds() if isinstance(value, timedelta) else value
            if isinstance(amount, int | float) and not isinstance(amount, bool) and not amount > 0:
                raise ValueError(f"setting {field.name} is {value!s}: it must be above 0")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as exc:
            raise ValueError(f"setting zone is {self.zone!r}: use a name such as Asia/Shanghai") from exc

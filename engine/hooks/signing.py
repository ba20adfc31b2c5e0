"""Secrets and signatures of webhooks, in the form of Standard Webhooks 1.0, which libraries in many languages speak.

A hook's secret is kept nowhere: it is derived from the house's secret key and the hook's salt, so neither the database nor a backup of it
gives one away. A new salt is a new secret. The signature is HMAC-SHA256 over `id.timestamp.body`, in base64 behind `v1,`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.errors import Unidentified

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
TOLERANCE_S = 300
MAX_ID = 255
SecretKey = Callable[[], bytes]


def new_salt() -> str:
    """Return a salt for a new secret."""
    return secrets.token_hex(16)


def secret_of(key: bytes, *, hook_id: str, salt: str) -> str:
    """Return a hook's secret as it is shown to whoever sets up the other side."""
    derived = hmac.digest(key, f"webhook:{hook_id}:{salt}".encode(), "sha256")
    return PREFIX + base64.b64encode(derived).decode()


def signature_of(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a body sent at a moment (seconds since 1970)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")).decode()


@dataclass(frozen=True, slots=True)
class Signed:
    """What a call to a hook brought to prove itself: a bearer secret, or the three headers of a signature."""

    bearer: str | None
    headers: Mapping[str, str]
    body: bytes

    def check(self, secret: str, *, now_s: int) -> str | None:
        """Return the message's id when it is signed, None when it bears the secret itself. Raises Unidentified."""
        if self.bearer is not None:
            if not _same(self.bearer, secret):
                raise Unidentified("this is not the hook's secret")
            return None
        message_id, stamp, given = (self.headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
        if not message_id or len(message_id) > MAX_ID or not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 12:
            raise Unidentified(f"send the hook's secret as a bearer, or sign with {ID}, {TIMESTAMP} and {SIGNATURE}")
        if abs(now_s - int(stamp)) > TOLERANCE_S:
            raise Unidentified(f"{TIMESTAMP} is {stamp}, more than {TOLERANCE_S} s from now: set the clock, or send it anew")
        due = signature_of(secret, message_id=message_id, timestamp=int(stamp), body=self.body)
        if not any(_same(each, due) for each in given.split()[:10]):
            raise Unidentified(f"{SIGNATURE} does not fit the body")
        return message_id


def _same(given: str, due: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), due.encode())


def digest(text: str) -> str:
    """Return a text of any length as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

"""Where webhooks may go: http and https to public addresses, unless the house allows its own network too."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from engine.errors import Invalid

MAX_URL = 2000
WRITABLE = re.compile(r"[!-~]+")
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses behind which a translator reaches IPv4 ones (RFC 6052)."""
ASSIGNED = ipaddress.ip_network("2000::/3")
"""Where public IPv6 addresses are; elsewhere lie those of sites and of other translators, some of which reach inwards."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenAddress(Invalid):
    """A webhook would go where it may not."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes: the host as it is named, and the address that was looked up and checked."""

    host: str
    port: int
    address: str
    path: str
    is_tls: bool

    @property
    def authority(self) -> str:
        """Return what the header Host says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


def checked_url(url: str, *, may_be_private: bool) -> str:
    """Return an address that a webhook may go to. Raises Invalid. A name is looked up each time it is called."""
    parts = _split(url)
    try:
        literal = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return url
    _require_public(literal, parts.hostname or "", may_be_private=may_be_private)
    return url


def find_target(url: str, *, may_be_private: bool) -> Target:
    """Look an address up and return where to connect to: to that and nothing else, whatever the name means a moment later.

    Raises ForbiddenAddress when the name means, among others, an address that is not public; OSError when it means nothing.
    """
    parts = _split(url)
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        _require_public(ipaddress.ip_address(address.partition("%")[0]), host, may_be_private=may_be_private)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port, found[0], path, is_tls)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError as error:
        raise Invalid(f"{url[:80]!r} is no address: {error}") from error
    if len(url) > MAX_URL or not WRITABLE.fullmatch(url) or parts.scheme not in ("http", "https") or not parts.hostname or not has_port:
        raise Invalid(f"{url[:80]!r} is no address of a webhook: write one like https://host.example/path")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Invalid("the address of a webhook holds no password and no fragment: the receiver knows us by the signature")
    return parts


def _require_public(address: Address, host: str, *, may_be_private: bool) -> None:
    meant = _meant(address)
    is_public = meant.is_global and (isinstance(meant, ipaddress.IPv4Address) or meant in ASSIGNED)
    if meant.is_unspecified or meant.is_multicast or not (is_public or may_be_private):
        raise ForbiddenAddress(f"{host} is at {address}, which is not a public address: allow it with the setting private_webhooks")


def _meant(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)

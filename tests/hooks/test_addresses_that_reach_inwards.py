"""Spellings of addresses that mean one's own network, or could."""

from __future__ import annotations

import pytest

from engine.hooks.addresses import ForbiddenAddress, find_target

INWARDS = [
    "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "0", "localhost", "169.254.169.254", "100.64.0.1", "[::1]", "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]", "[::ffff:0:7f00:1]", "[64:ff9b:1::7f00:1]", "[fec0::1]", "[fc00::1]",
    "[5f00::1]",
]  # fmt: skip


@pytest.mark.parametrize("host", INWARDS)
def test_an_address_that_reaches_inwards_is_no_public_one(host):
    with pytest.raises(ForbiddenAddress):
        find_target(f"http://{host}/", may_be_private=False)


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]"])
def test_a_public_address_is_where_webhooks_may_go(host):
    assert find_target(f"https://{host}/x", may_be_private=False).address == host.strip("[]")

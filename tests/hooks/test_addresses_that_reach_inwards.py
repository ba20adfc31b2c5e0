"""Spellings of addresses that mean one's own network, or could."""

from __future__ import annotations

import pytest

from engine.hooks.addresses import ForbiddenAddress, find_target

INWARDS = ["0177.0.0.1", "0", "100.64.0.1", "[::127.0.0.1]", "[::ffff:0:7f00:1]", "[64:ff9b:1::7f00:1]", "[fec0::1]", "[5f00::1]"]


@pytest.mark.parametrize("host", INWARDS)
def test_an_address_that_reaches_inwards_is_no_public_one(host):
    with pytest.raises(ForbiddenAddress):
        find_target(f"http://{host}/", may_be_private=False)


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]"])
def test_a_public_address_is_where_webhooks_may_go(host):
    assert find_target(f"https://{host}/x", may_be_private=False).address == host.strip("[]")

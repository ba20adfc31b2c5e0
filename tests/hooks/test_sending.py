"""Sending a webhook: where it may go, how long it may take, and how much of the answer is read."""

from __future__ import annotations

import socket
import time

import pytest

from engine.errors import Invalid
from engine.hooks.addresses import ForbiddenAddress, checked_url, find_target
from engine.hooks.sending import MOST_READ, NotSent, post
from engine.hooks.signing import Signed, secret_of, signature_of
from tests.hooks.receivers import answering, dripping, receiver


def sent(url: str, *, body: bytes = b"{}", timeout_s: float = 5.0):
    return post(url, body, {"Content-Type": "application/json"}, may_be_private=True, timeout_s=timeout_s)


def test_what_is_sent_arrives_and_the_answer_comes_back() -> None:
    with receiver(answering(202, b"thanks")) as made:
        answer = sent(made.url + "?a=1", body=b'{"x": 1}')
        assert (answer.status, answer.answer, answer.is_taken) == (202, "thanks", True)
        (call,) = made.calls
    assert (call.path, call.body) == ("/hook?a=1", b'{"x": 1}')
    assert call.headers["host"] == made.url.split("/")[2]
    assert call.headers["user-agent"] == "Watchbill"


PRIVATE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
    "[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[ff02::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "127.1", "2130706433", "0x7f000001", "localhost",
)  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_no_address_of_ones_own_network_is_called(host: str) -> None:
    with pytest.raises((ForbiddenAddress, NotSent)):
        post(f"http://{host}:1/", b"", {}, may_be_private=False)


def test_a_receiver_on_this_machine_is_reached_only_when_the_house_allows_it() -> None:
    with receiver(answering(200)) as made:
        with pytest.raises(ForbiddenAddress, match="private_webhooks"):
            post(made.url, b"", {}, may_be_private=False)
        assert made.calls == []
        assert post(made.url, b"", {}, may_be_private=True).is_taken


def test_a_name_that_means_a_private_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: found)
    with pytest.raises(ForbiddenAddress):
        find_target("http://both.example/", may_be_private=False)


def test_a_name_is_looked_up_once_and_the_checked_address_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    with receiver(answering(200)) as made:
        port = int(made.url.split(":")[2].split("/")[0])

        def look_up(host, *_args, **_named):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(asked) == 1 else "192.0.2.1", port))]

        real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **n: look_up(host) if host == "there.example" else real(host, *a, **n))
        assert sent(f"http://there.example:{port}/hook").is_taken
        assert made.calls[0].headers["host"] == f"there.example:{port}"
    assert asked == ["there.example"]


@pytest.mark.parametrize(
    "url",
    ["ftp://host.example/", "file:///etc/passwd", "gopher://host.example/", "http:///path", "http://", "//host.example", "", "host.example",
     "http://ann:pw@host.example/", "http://host.example/#part", "http://host.example/a b", "http://host.example/\r\nX: y",
     "http://host.example:0/", "http://host.example:99999/", "http://host.example:x/", "http://例.example/",
     f"http://h.example/{'x' * 2000}",
     "http://[::1/", "http://127.0.0.1/", "https://[::1]/"],
)  # fmt: skip
def test_what_is_no_address_of_a_webhook_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        checked_url(url, may_be_private=False)


def test_a_redirect_is_not_followed() -> None:
    with receiver(answering(200)) as inner, receiver(answering(302, Location=inner.url)) as outer:
        answer = sent(outer.url)
        assert (answer.status, answer.is_taken) == (302, False)
        assert inner.calls == []


def test_little_of_a_huge_answer_is_read() -> None:
    with receiver(answering(200, b"x" * 50_000_000)) as made:
        began = time.monotonic()
        assert sent(made.url).answer == "x" * MOST_READ
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("first", "drop"),
    [(b"", b"H"), (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"), (b"", b"")],
    ids=["status", "headers", "body", "nothing"],
)
def test_whoever_drips_bytes_is_cut_off(first: bytes, drop: bytes) -> None:
    with dripping(first, drop, every_s=0.05) as url:
        began = time.monotonic()
        with pytest.raises(NotSent, match=r"not done within 0\.5 s|timed out"):
            sent(url, timeout_s=0.5)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("first", [b"nonsense\r\n\r\n", b"HTTP/1.1 999999 x\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 70_000])
def test_what_does_not_speak_http_is_a_failed_try(first: bytes) -> None:
    with dripping(first, b"", every_s=0.05) as url, pytest.raises(NotSent):
        sent(url, timeout_s=1)


def test_nobody_there_is_a_failed_try() -> None:
    with receiver(answering(200)) as made:
        gone = made.url
    with pytest.raises(NotSent, match="did not answer"):
        sent(gone)
    with pytest.raises(NotSent):
        sent("http://nobody.invalid/")


def test_a_signature_is_that_of_the_published_example() -> None:
    """The example of the specification Standard Webhooks 1.0 (and of its libraries' own tests)."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    made = signature_of(secret, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": f"v1,AAAA v2,BBBB {made}",
    }
    assert Signed(None, headers, body).check(secret, now_s=1614265330) == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_each_hook_and_each_salt_has_a_secret_of_its_own() -> None:
    made = {secret_of(key, hook_id=hook, salt=salt) for key in (b"a" * 32, b"b" * 32) for hook in ("1", "2") for salt in ("x", "y")}
    assert len(made) == 8

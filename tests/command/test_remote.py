"""The command asks a server: what it prints is what it prints beside the database, and what goes wrong is told in one line."""

from __future__ import annotations

import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import click
import pytest
from click.testing import Result
from werkzeug.serving import make_server

from engine.clock import FileClock, MovedClock
from engine.work import run_due
from tests.command.conftest import CHECK, Command
from tests.command.test_everyday import NEEDY
from tests.command.test_help import EVERY
from tests.runtime.diagrams import LISTENS, REPLY
from watchbill import server as server_module
from watchbill.house import open_house
from watchbill.settings import load_settings
from webui import create_app

T0 = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TOKEN = "wb_" + "s3cret" * 8
SCOPES = [word for scope in ("read", "work", "operate", "admin") for word in ("--scope", scope)]
FAR = {
    "deploy", "definitions", "start", "instances", "tasks", "claim", "complete", "message", "signal", "failures", "retry", "history",
    "users list",
}  # fmt: skip
HERE = {"lint", "templates"}
"""What needs no house at all."""


@contextmanager
def serving(watchbill: Command) -> Iterator[str]:
    """Serve a Watchbill over real HTTP; yield its address."""
    house = open_house(load_settings(watchbill.environment()))
    app = create_app(house.engine, is_ready=lambda: True, secret_key=b"k" * 32)
    made = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()
    house.close()


@dataclass
class Way:
    """One way to give commands: beside the database with --as, or to a server with a token. Both live by a clock that stands still."""

    watchbill: Command
    url: str | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    log: list[tuple[str, int, str, str]] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    def run(self, who: str, *words: str | Path) -> Result:
        if self.url is None:
            return self.watchbill.run(*words, *(() if words[0] == "definitions" else ("--as", who)))
        if who not in self.tokens:
            self.tokens[who] = self.watchbill("token", "create", who, *SCOPES).strip()
        return self.watchbill.run(*words, url=self.url, token=self.tokens[who])

    def __call__(self, who: str, *words: str | Path) -> None:
        """Run a command as somebody, and note what came of it; ids are numbered in the order in which they come up."""
        result = self.run(who, *words)
        said = [re.sub(r"[0-9a-f]{64}", "HASH", text) for text in (result.stdout, result.stderr)]
        out, err = (re.sub(r"[0-9a-f]{32}", lambda hit: self.ids.setdefault(hit[0], f"#{len(self.ids)}"), text) for text in said)
        name = "users list" if words[0] == "users" else str(words[0])
        self.log.append((name, result.exit_code, out, err))

    def first(self, who: str, *words: str) -> str:
        """Return the id of the first of a list."""
        return str(json.loads(self.run(who, *words, "--json").stdout)[0]["id"])

    def work_due(self, hours: int) -> None:
        """Do what is due some hours from the start."""
        house = open_house(load_settings(self.watchbill.environment()), clock=MovedClock(T0 + timedelta(hours=hours)))
        run_due(house.engine)
        house.close()


@pytest.fixture
def ways(made_home: Path, tmp_path: Path) -> Iterator[tuple[Way, Way]]:
    """The same house twice: one to give commands to from beside, one that is served."""
    clock = tmp_path / "clock"
    FileClock(clock).set(T0)
    here, there = (Command(tmp_path / name, {"clock_file": str(clock)}) for name in ("here", "there"))
    for each in (here, there):
        shutil.copytree(made_home, each.home)
    with serving(there) as url:
        yield Way(here), Way(there, url)


def a_day(give: Way, folder: Path, *json_flag: str) -> None:
    """Everything that can be asked of a server, good and bad."""
    files = {"check": CHECK.replace(b"Look", b"Look well"), "reply": REPLY, "listens": LISTENS, "needy": NEEDY}
    for name, content in files.items():
        (folder / f"{name}.bpmn").write_bytes(content)
    (folder / "broken.bpmn").write_bytes(CHECK.replace(b'camunda:candidateGroups="desk"', b""))
    for name in files:
        give("root", "deploy", folder / f"{name}.bpmn", *json_flag)
    give("root", "deploy", folder / "check.bpmn", "--name", "check", *json_flag)
    give("root", "deploy", folder / "broken.bpmn", *json_flag)
    give("Ann", "deploy", folder / "check.bpmn", *json_flag)
    for more in ((), ("--all",), ("--kind", "form"), ("--kind", "decision")):
        give("Ann", "definitions", *more, *json_flag)
    give("Ann", "start", "check", "--business-key", "order:7", "--var", 'a={"b": [1, "天"]}', *json_flag)
    give("Ann", "start", "check", "--drill", *json_flag)
    give("Ann", "start", "nothing", *json_flag)
    give("Ann", "start", "check", "--var", 'a="\\ud800"', *json_flag)
    for more in ((), ("--limit", "1"), ("--status", "completed"), ("--key", "check", "--business-key", "order:7")):
        give("Ann", "instances", *more, *json_flag)
    give("Bob", "instances", *json_flag)
    for more in ((), ("--group", "desk"), ("--group", "bosses"), ("--limit", "1")):
        give("Ann", "tasks", *more, *json_flag)
    give("Bob", "tasks", *json_flag)
    task = give.first("Ann", "tasks")
    give("Bob", "claim", task, *json_flag)
    give("Ann", "claim", task, *json_flag)
    give("Ann", "complete", task, "--var", "seen=true", "--var", "note=天气", *json_flag)
    give("Ann", "complete", task, *json_flag)
    give("Ann", "claim", "nothing", *json_flag)
    give("Ann", "claim", "no thing?", *json_flag)
    give("Bob", "complete", give.first("Bob", "tasks"), *json_flag)
    give("Ann", "start", "reply", "--business-key", "order:8", "--var", "ticket=8", *json_flag)
    give("Ann", "message", "customer.reply", "--correlation", "ticket=9", *json_flag)
    give("Ann", "message", "customer.reply", "--business-key", "order:8", "--correlation", "ticket=8", "--var", "text=yes", *json_flag)
    give("Ann", "start", "listens", *json_flag)
    give("Ann", "signal", "alarm", "--var", "loud=true", *json_flag)
    give("Ann", "start", "needy", *json_flag)
    for hours in (1, 10, 20):
        give.work_due(hours)
    give("Ann", "failures", *json_flag)
    give("Eve", "failures", *json_flag)
    give("Ann", "retry", give.first("Ann", "failures"), *json_flag)
    give("Ann", "retry", "nothing", *json_flag)
    give("Ann", "history", give.first("Ann", "instances"), *json_flag)
    give("Eve", "history", give.first("Ann", "instances"), *json_flag)
    give("Ann", "users", "list", *json_flag)
    give("Eve", "users", "list", *json_flag)


@pytest.mark.parametrize("json_flag", [(), ("--json",)], ids=["text", "json"])
def test_every_command_prints_the_same_here_and_from_elsewhere(ways: tuple[Way, Way], tmp_path: Path, json_flag: tuple[str, ...]) -> None:
    here, there = ways
    for each in ways:
        a_day(each, tmp_path, *json_flag)
    for beside, far in zip(here.log, there.log, strict=True):
        assert beside == far
    assert {name for name, code, _, _ in here.log if code == 0} == FAR


def a_value_of(parameter: click.Parameter) -> list[str]:
    """Return how a parameter that is required is given."""
    value = parameter.type.choices[0] if isinstance(parameter.type, click.Choice) else __file__
    return [value] if isinstance(parameter, click.Argument) else [parameter.opts[0], value]


def test_a_command_either_asks_the_server_or_says_that_it_needs_the_house(bare: Command) -> None:
    for path, command in EVERY.items():
        name = " ".join(path)
        if isinstance(command, click.Group) or name in FAR | HERE:
            continue
        words = [word for each in command.params if each.required for word in a_value_of(each)]
        told = bare.refused(*path, *words, url="http://127.0.0.1:1", token=TOKEN)
        assert told == f"`watchbill {name}` needs the house itself: run it where that Watchbill lives, without --url."
    assert not bare.home.exists()


def test_what_needs_no_house_is_done_here_whatever_server_is_named(bare: Command, tmp_path: Path) -> None:
    (tmp_path / "check.bpmn").write_bytes(CHECK)
    assert bare("lint", tmp_path / "check.bpmn", url="http://127.0.0.1:1") == "No problems.\n"
    assert json.loads(bare("templates", url="http://127.0.0.1:1"))


class TestWhoAsks:
    """The address and the token: by options, by the environment, by a file."""

    @pytest.fixture
    def url(self, watchbill: Command) -> Iterator[str]:
        with serving(watchbill) as url:
            yield url

    @pytest.fixture
    def afar(self, tmp_path: Path) -> Iterator[Command]:
        """The command on a machine that has no house."""
        yield Command(tmp_path / "afar")
        assert not (tmp_path / "afar").exists()

    @pytest.fixture
    def token(self, watchbill: Command) -> str:
        return watchbill("token", "create", "Ann").strip()

    def test_options_environment_and_file_are_worth_the_same(self, afar: Command, url: str, token: str, tmp_path: Path) -> None:
        kept = tmp_path / "token"
        kept.write_text(f"{token}\nand a note\n")
        expected = "No open tasks.\n"
        assert afar("--url", url, "--token", token, "tasks") == expected
        assert afar("--url", f"{url}/", "--token-file", kept, "tasks") == expected
        assert afar("tasks", url=url, token=token) == expected
        assert afar("--token-file", kept, "tasks", url=url) == expected

    @pytest.mark.parametrize("token_given", [None, TOKEN])
    def test_without_a_token_that_is_worth_something_it_says_how_to_make_one(
        self, afar: Command, url: str, token_given: str | None
    ) -> None:
        told = afar.refused("tasks", url=url, **({} if token_given is None else {"token": token_given}))
        assert told.startswith(f"{url} wants to know who you are (")
        assert "`watchbill token create NAME`" in told
        assert "WATCHBILL_TOKEN" in told
        assert TOKEN not in told

    def test_a_token_may_do_what_its_scopes_say(self, watchbill: Command, url: str) -> None:
        reads = watchbill("token", "create", "Ann", "--scope", "read").strip()
        assert watchbill("instances", url=url, token=reads) == "No instances: watchbill start KEY.\n"
        assert "scope" in watchbill.refused("start", "check", url=url, token=reads)

    def test_what_does_not_fit_together_is_refused(self, afar: Command, url: str, token: str, tmp_path: Path) -> None:
        kept, binary = tmp_path / "token", tmp_path / "binary"
        kept.write_text(token)
        binary.write_bytes(b"\xff\xfe")
        both = afar.refused("--token-file", kept, "tasks", url=url, token=token, exit_code=2)
        assert both == "The token is given twice, as a text and by --token-file: give it once. See watchbill --help."
        for alone in ({"token": token}, {"user": "Ann", "token": token}):
            assert "name it by --url" in afar.refused("tasks", exit_code=2, **alone)
        assert "name it by --url" in afar.refused("--token-file", kept, "tasks", exit_code=2)
        assert "the token says who acts" in afar.refused("tasks", "--as", "Bob", url=url, token=token, exit_code=2)
        assert afar.refused("--token-file", tmp_path / "none", "tasks", url=url) == f"{tmp_path / 'none'}: No such file or directory."
        assert afar.refused("--token-file", binary, "tasks", url=url) == f"The token file {binary} is no text."

    @pytest.mark.parametrize("token_given", ["two words", "naïve", "line\r\nHost: evil", "\x7f"])
    def test_what_is_no_token_is_refused_without_a_call(self, afar: Command, token_given: str) -> None:
        told = afar.refused("tasks", url="http://127.0.0.1:1", token=token_given)
        assert told.startswith("The token is none")
        assert token_given.split()[0] not in told.split(":")[0]

    @pytest.mark.parametrize(
        "address",
        ["nothing", "ftp://x", "http://", "http:///x", "http://h:99999", "http://h:x", "http://[", "http://h h", "file:///etc/passwd"],
    )
    def test_what_is_no_address_is_refused(self, afar: Command, address: str) -> None:
        assert afar.refused("tasks", url=address).startswith("The address of the server is none: give it as http://HOST:PORT")

    @pytest.mark.parametrize("address", ["http://ann:hunter2@h", "http://h/?t=hunter2", "http://h/#hunter2"])
    def test_an_address_with_a_secret_in_it_is_refused_without_repeating_it(self, afar: Command, address: str) -> None:
        assert "hunter2" not in afar.refused("tasks", url=address)

    def test_the_help_shows_no_token_of_the_environment(self, afar: Command) -> None:
        assert TOKEN not in afar("--help", url="http://h", token=TOKEN)


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Stranger:
    """A server of our own that answers everything alike, and keeps what it was asked."""

    address: str
    answer: Answer = (200, {}, b"")
    asked: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def strange(wrap: Callable[[socket.socket], socket.socket] = lambda plain: plain) -> Iterator[Stranger]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stranger.asked.append(dict(self.headers))
            status, headers, body = stranger.answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    httpd.socket = wrap(httpd.socket)
    httpd.handle_error = lambda *_said: None  # type: ignore[method-assign]  # a client that hangs up is what is tested
    stranger = Stranger(f"127.0.0.1:{httpd.server_port}")
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield stranger
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    with strange() as made:
        yield made


JSON, HTML = {"Content-Type": "application/json"}, {"Content-Type": "text/html"}
DETAILS = {"Content-Type": "application/problem+json"}


class TestWhatGoesWrong:
    """One line, with the address and what to do, and never with the token."""

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            ((404, HTML, b"<h1>no</h1>"), "There is no Watchbill at {url}, or none of this version, since it answers 404"),
            ((200, HTML, b"<h1>hello</h1>"), "There is no Watchbill at {url}, or none of this version, since its answer is no JSON"),
            ((200, JSON, b""), "its answer is no JSON"),
            ((200, JSON, b"\xff\xfe"), "its answer is no JSON"),
            ((200, JSON, b'[{"id": 1}]'), "The server's answer is not of this version of Watchbill"),
            ((200, JSON, b"{}"), "The server's answer is not of this version of Watchbill"),
            ((200, JSON, b"7"), "The server's answer is not of this version of Watchbill"),
            ((200, {"Content-Length": "9"}, b"[]"), "{url} cannot be spoken to: IncompleteRead"),
            ((302, {"Location": "http://b/api"}, b""), "{url} leads elsewhere, to 'http://b/api': give the address where it ends."),
            ((500, HTML, b"<h1>oh</h1>"), "The server at {url} failed (500): try again, or look into its log."),
            ((503, DETAILS, b'{"detail": "busy"}'), "The server at {url} failed (503: busy): try again, or look into its log."),
            ((500, DETAILS, b"{"), "The server at {url} failed (500)"),
            ((403, DETAILS, b'{"detail": "Ann may not"}'), "Ann may not"),
            ((403, DETAILS, b"[]"), "it answers 403"),
            ((400, DETAILS, b'{"problems": [{"nothing": 1}]}'), "it answers 400"),
        ],
        ids=lambda value: str(value)[:40],
    )  # fmt: skip
    def test_an_answer_that_is_no_good_is_told(self, bare: Command, stranger: Stranger, answer: Answer, said: str) -> None:
        stranger.answer = answer
        url = f"http://{stranger.address}"
        told = bare.refused("tasks", url=url, token=TOKEN)
        assert said.format(url=url) in told
        assert TOKEN not in told
        assert [each.get("Authorization") for each in stranger.asked] == [f"Bearer {TOKEN}"]

    @pytest.mark.parametrize("name", ["", ".", "..", "../deployments", "a/b", "/"])
    def test_a_name_that_would_lead_elsewhere_is_nothing(self, bare: Command, stranger: Stranger, name: str) -> None:
        assert bare.refused("claim", name, url=f"http://{stranger.address}", token=TOKEN).startswith(f"nothing is called {name!r}")
        assert stranger.asked == []

    def test_a_redirect_is_not_followed_with_the_token(self, bare: Command, stranger: Stranger) -> None:
        with strange() as other:
            for status in (301, 302, 303, 307, 308):
                stranger.answer = (status, {"Location": f"http://{other.address}/api/tasks"}, b"")
                assert "leads elsewhere" in bare.refused("tasks", url=f"http://{stranger.address}", token=TOKEN)
            assert other.asked == []

    def test_that_nobody_listens_names_the_address(self, bare: Command) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            assert bare.refused("tasks", url=url, token=TOKEN) == f"Nobody listens at {url}: is the server running, and the address right?"

    def test_a_name_that_nobody_has_is_told(self, bare: Command) -> None:
        assert bare.refused("tasks", url="http://no-such-host.invalid", token=TOKEN).startswith(
            "http://no-such-host.invalid cannot be spoken to"
        )

    def test_who_never_answers_is_not_waited_for(self, bare: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server_module, "TIMEOUT_S", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            assert bare.refused("tasks", url=url, token=TOKEN) == (
                f"{url} has not answered within 0 s: look whether it was done before you try again."
            )

    def test_who_hangs_up_is_told(self, bare: Command) -> None:
        def hang_up(listener: socket.socket) -> None:
            listener.accept()[0].close()

        with socket.create_server(("127.0.0.1", 0)) as rude:
            thread = threading.Thread(target=hang_up, args=(rude,))
            thread.start()
            url = f"http://127.0.0.1:{rude.getsockname()[1]}"
            assert bare.refused("tasks", url=url, token=TOKEN).startswith(f"{url} cannot be spoken to: ")
            thread.join()

    def test_a_certificate_that_nobody_vouches_for_is_refused_before_the_token_is_sent(
        self, bare: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("NO OPENSSL: no certificate can be made.")
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        made += ["-subj", "/CN=watchbill", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
        subprocess.run(made, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        with strange(lambda plain: context.wrap_socket(plain, server_side=True)) as stranger:
            url = f"https://{stranger.address}"
            stranger.answer = (200, JSON, b"[]")
            assert bare.refused("tasks", url=url, token=TOKEN).startswith(
                f"The certificate of {url} is not trusted: self-signed certificate"
            )
            assert stranger.asked == []
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            assert bare("tasks", url=url, token=TOKEN) == "No open tasks.\n"

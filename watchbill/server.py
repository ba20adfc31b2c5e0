"""A Watchbill elsewhere: its address, a token, and calls of its `/api`.

The certificate is checked, a server that falls silent is given up, and a redirect is not followed: the token goes to the address that was
given, and nowhere else. It is in no error.
"""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, ValidationError

from engine.errors import DeploymentRefused, Invalid, NotFound, Passing, Problem, Refused, Unidentified, WatchbillError

TIMEOUT_S = 30.0
ADVICE = "make one there with `watchbill token create NAME`, and give it in WATCHBILL_TOKEN or by --token-file"
PROBLEM = "application/problem+json"


class _Details(BaseModel):
    """What is read of a refusal."""

    detail: str = ""
    problems: tuple[Problem, ...] = ()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect to the caller, as an error."""

    def redirect_request(self, *_said: Any) -> None:
        """Follow nothing."""


@dataclass(frozen=True)
class Server:
    """The address of a Watchbill, and the token that says who asks."""

    url: str
    token: str | None = field(repr=False)

    def __post_init__(self) -> None:
        """Raise Invalid for what is no address or no token; neither a password in the address nor the token is repeated."""
        try:
            parts = urlsplit(self.url)
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_address = False
        if not is_address or not _is_one_word(self.url):
            raise Invalid("The address of the server is none: give it as http://HOST:PORT or https://HOST.")
        if parts.username is not None or parts.query or parts.fragment:
            raise Invalid("The address of the server has more than host, port and path: leave names, passwords and queries out.")
        if self.token is not None and not _is_one_word(self.token):
            raise Invalid(f"The token is none, since it is no single word of plain letters: {ADVICE}.")

    def get(self, *path: str, **query: Any) -> Any:
        """Return what stands at a path under `/api`; a filter that is None is left out. Raises what the server refuses with."""
        given = urlencode({name: value for name, value in query.items() if value is not None})
        return self._call("GET", path, f"?{given}" if given else "", None)

    def post(self, *path: str, body: Mapping[str, Any]) -> Any:
        """Send JSON to a path under `/api`, and return the answer. Raises what the server refuses with."""
        return self._call("POST", path, "", json.dumps(body).encode())

    def _call(self, method: str, path: tuple[str, ...], query: str, body: bytes | None) -> Any:
        where = "/".join((self.url.rstrip("/"), "api", *map(_part, path))) + query
        headers = {"Accept": "application/json"}
        headers |= {} if body is None else {"Content-Type": "application/json"}
        headers |= {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        asked = urllib.request.Request(where, body, headers, method=method)  # noqa: S310  # http and https alone pass the check
        opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=ssl.create_default_context()))
        try:
            with opener.open(asked, timeout=TIMEOUT_S) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error) from error
        except ValueError as error:
            raise self._stranger("its answer is no JSON") from error
        except (OSError, http.client.HTTPException) as error:
            raise self._unreached(error) from error

    def _refusal(self, error: urllib.error.HTTPError) -> WatchbillError:
        """Return what the server refuses with as an error of ours."""
        if 300 <= error.code < 400:
            return Invalid(f"{self.url} leads elsewhere, to {error.headers.get('Location', 'nowhere')!r}: give the address where it ends.")
        said = _details(error)
        if said is None:
            return self._stranger(f"it answers {error.code} {error.reason}") if error.code < 500 else self._failing(error.code, "")
        if said.problems:
            return DeploymentRefused(said.problems)
        if error.code == 401:
            return Unidentified(f"{self.url} wants to know who you are ({said.detail}): the token is missing or worth nothing; {ADVICE}.")
        return self._failing(error.code, said.detail) if error.code >= 500 else Refused(said.detail or str(error.reason))

    def _stranger(self, why: str) -> Invalid:
        return Invalid(f"There is no Watchbill at {self.url}, or none of this version, since {why}: is the address right?")

    def _failing(self, status: int, detail: str) -> Passing:
        return Passing(f"The server at {self.url} failed ({status}{detail and ': '}{detail}): try again, or look into its log.")

    def _unreached(self, error: OSError | http.client.HTTPException) -> Passing:
        """Return why nothing was answered; what was asked may have been done, when the answer alone is missing."""
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Passing(f"The certificate of {self.url} is not trusted: {cause.verify_message}.")
        if isinstance(cause, TimeoutError):
            return Passing(f"{self.url} has not answered within {TIMEOUT_S:.0f} s: look whether it was done before you try again.")
        if isinstance(cause, ConnectionRefusedError):
            return Passing(f"Nobody listens at {self.url}: is the server running, and the address right?")
        said = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause) or type(cause).__name__
        return Passing(f"{self.url} cannot be spoken to: {said}.")


def _part(name: str) -> str:
    """Return a part of a path. Raises NotFound for a name that would make another path of it."""
    if name in ("", ".", "..") or "/" in name:
        raise NotFound(f"nothing is called {name!r}: the lists have the ids")
    return quote(name, safe="")


def _is_one_word(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _details(error: urllib.error.HTTPError) -> _Details | None:
    """Return the problem details of a refusal, None when it has none: then somebody else answers."""
    if error.headers.get_content_type() != PROBLEM:
        return None
    try:
        return _Details.model_validate_json(error.read())
    except (ValidationError, OSError, http.client.HTTPException):
        return None

"""One request after another: the token goes where it may, and what failed for a while is asked again."""

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

import httpx

from grader.client.patience import Patience, retry_after
from grader.client.problems import NotReached, Problem, Unexpected, Unusable, phrase

API = "/api/v1"

#: Statuses that say *not now*: ours, and those of a proxy that stands before a server being restarted.
_PASSING = frozenset({429, 502, 503, 504})

#: Failures before anything was sent: whatever was asked can be asked again.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked. `repeatable`: asking twice does no more than asking once."""

    method: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    fields: Mapping[str, str] | None = None
    #: The form's file: its name and its bytes.
    file: tuple[str, bytes] | None = None
    repeatable: bool = False
    #: Seconds that the server may take beyond the usual ones, because it was asked to wait.
    wait: float = 0.0


class Transport:
    """A connection to one server with one token. Neither is ever logged or shown, but for the address."""

    def __init__(  # noqa: PLR0913 - as the client has them
        self, url: str, token: str, *, patience: Patience, timeout: float, plain_http: bool, ca: str | None = None
    ) -> None:
        self._address = _address(url, plain_http=plain_http)
        self._patience = patience
        self._timeout = timeout
        self._http = httpx.Client(
            base_url=str(self._address).rstrip("/") + API,
            headers={"Authorization": f"Bearer {_sound(token)}", "User-Agent": "backmark-client"},
            timeout=timeout,
            follow_redirects=False,
            # Proxies are for what leaves this machine: plain http through one would show it the token.
            trust_env=not _loopback(self._address),
            verify=True if ca is None else _trusting(ca),
        )

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def send(self, request: Request) -> httpx.Response:
        """The answer, asked for again while that is safe and patience lasts; a Problem where it is a refusal."""
        began, tries = time.monotonic(), 0
        while True:
            tries += 1
            try:
                response = self._http.send(self._built(request))
            except (httpx.LocalProtocolError, httpx.UnsupportedProtocol) as error:
                message = f"the request cannot be sent as it is: {error}"
                raise Unusable(message) from error
            except httpx.DecodingError as error:
                message = f"an answer cannot be read: {error}"
                raise Unexpected(message) from error
            except httpx.TransportError as error:
                if not (request.repeatable or isinstance(error, _UNSENT)) or _distrusted(error):
                    raise self._not_reached(error) from error
                failure: NotReached | Problem = self._not_reached(error)
                patience, asked = self._patience.unreached, None
            else:
                if response.is_success:
                    return response
                failure = self._refusal(response)
                if response.status_code not in _PASSING or not request.repeatable:
                    raise failure
                patience, asked = self._patience.total, failure.retry_after
            pause = self._patience.pause(tries, asked)
            if time.monotonic() + pause > began + patience:
                raise failure
            time.sleep(pause)

    @contextmanager
    def stream(self, request: Request) -> Iterator[Iterator[str]]:
        """The lines of an answer that comes bit by bit; asked for once."""
        try:
            with self._http.stream(
                request.method,
                request.path,
                params=dict(request.params),
                headers=dict(request.headers),
                timeout=httpx.Timeout(self._timeout, read=self._timeout + request.wait),
            ) as response:
                if not response.is_success:
                    response.read()
                    raise self._refusal(response)
                yield response.iter_lines()
        except httpx.TransportError as error:
            raise self._not_reached(error) from error

    def _built(self, request: Request) -> httpx.Request:
        return self._http.build_request(
            request.method,
            request.path,
            params=dict(request.params) or None,
            headers=dict(request.headers),
            json=request.json,
            data=None if request.fields is None else dict(request.fields),
            files=None if request.file is None else {"file": request.file},
            timeout=httpx.Timeout(self._timeout, read=self._timeout + request.wait),
        )

    def _not_reached(self, error: httpx.TransportError) -> NotReached:
        if isinstance(error, httpx.TimeoutException):
            why = f"no answer within {self._timeout:g} s"
        else:
            why = str(error) or type(error).__name__
        return NotReached(f"no Backmark server was reached at {self._address}: {why}")

    def _refusal(self, response: httpx.Response) -> Problem:
        """What an answer that is no success says; Unexpected where Backmark does not talk like that."""
        status = response.status_code
        wait = retry_after(response.headers.get("Retry-After"))
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind == "application/problem+json":
            body = read_json(response)
            if isinstance(body, dict):
                return Problem.read(status, body, wait)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            # A proxy's own page, while the server behind it is away.
            return Problem.read(status, {"title": phrase(status)}, wait)
        where = f" to {response.headers['Location']}" if "Location" in response.headers else ""
        message = f"{self._address} is no Backmark server: it answers {status} {phrase(status)}{where}"
        raise Unexpected(message)


def read_json(response: httpx.Response) -> Any:
    """What an answer holds; Unexpected where that is no JSON."""
    try:
        return response.json()
    except ValueError as error:
        message = f"an answer that should be JSON is not: {response.request.url.path}"
        raise Unexpected(message) from error


def _address(url: str, *, plain_http: bool) -> httpx.URL:
    try:
        address = httpx.URL(url.strip().rstrip("/").removesuffix(API))
    except (httpx.InvalidURL, ValueError) as error:
        message = f"{url} is no address: {error}"
        raise Unusable(message) from error
    if address.scheme not in {"http", "https"} or not address.host:
        message = f"{url} is no address; it should be like https://backmark.example"
        raise Unusable(message)
    if address.userinfo:
        message = "the address should hold no user and password; a token says who you are"
        raise Unusable(message)
    if address.scheme == "http" and not _loopback(address) and not plain_http:
        message = (
            f"{address} is plain http, so that anyone between here and there could read the token; use https, or say"
            " that plain http is what you want (BACKMARK_PLAIN_HTTP=1, or plain_http=True)"
        )
        raise Unusable(message)
    return address.copy_with(query=None, fragment=None)


def _loopback(address: httpx.URL) -> bool:
    if address.host == "localhost":
        return True
    try:
        return ip_address(address.host).is_loopback
    except ValueError:
        return False


def _sound(token: str) -> str:
    """The token, if it can stand in a header; else an error that does not repeat it."""
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        message = "the token is empty, or has characters that no token has"
        raise Unusable(message)
    return token


def _distrusted(error: BaseException) -> bool:
    """Whether the server's certificate is what is wrong: that does not pass by itself."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def _trusting(ca: str) -> ssl.SSLContext:
    """TLS that also trusts the authority in that file."""
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca)
    except OSError as error:
        message = f"the certificate authority {ca} cannot be read: {error.strerror or error}"
        raise Unusable(message) from error
    return context

"""Requests over HTTP: the token is sent only to its server, and temporary failures are retried."""

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

import httpx

from backmark.grader.client.patience import Patience, retry_after
from backmark.grader.client.problems import NotReached, Problem, Unexpected, Unusable, phrase

API = "/api/v1"

#: Temporary statuses: ours, and those of a proxy whose server is being restarted.
_PASSING = frozenset({429, 502, 503, 504})

#: The boundary of a form's parts, always the same one: with another one each time a server compiles its search for it
#: anew, which costs as much as all else that it does with the form.
_BOUNDARY = "backmark-form-1f6c0b7e94d24a35"

#: Failures before anything was sent, so that any request may be retried.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request. `repeatable`: sending it twice has the same effect as sending it once."""

    method: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    #: A body that is sent as it is; `headers` has its type.
    content: bytes | None = None
    fields: Mapping[str, str] | None = None
    #: The file of a form: its name and its bytes.
    file: tuple[str, bytes] | None = None
    repeatable: bool = False
    #: Extra seconds that the server may take because it was asked to wait.
    wait: float = 0.0


class Transport:
    """A connection to one server with one token. The token is never logged or shown."""

    def __init__(  # noqa: PLR0913 - the client's options
        self, url: str, token: str, *, patience: Patience, timeout: float, plain_http: bool, ca: str | None = None
    ) -> None:
        self._address = _address(url, plain_http=plain_http)
        self._patience = patience
        self._timeout = timeout
        self._http = httpx.Client(
            base_url=str(self._address).rstrip("/") + API,
            headers={"Authorization": f"Bearer {_check_token(token)}", "User-Agent": "backmark-client"},
            timeout=timeout,
            follow_redirects=False,
            # No proxy for this machine's own addresses: with plain http it would see the token.
            trust_env=not _is_loopback(self._address),
            verify=True if ca is None else _tls_context(ca),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, request: Request) -> httpx.Response:
        """Send a request, with retries while they are safe and the policy allows. Raises Problem for a refusal."""
        began, tries = time.monotonic(), 0
        while True:
            tries += 1
            try:
                response = self._http.send(self._build(request))
            except (httpx.LocalProtocolError, httpx.UnsupportedProtocol) as error:
                message = f"the request cannot be sent as it is: {error}"
                raise Unusable(message) from error
            except httpx.DecodingError as error:
                message = f"an answer cannot be read: {error}"
                raise Unexpected(message) from error
            except httpx.TransportError as error:
                if not (request.repeatable or isinstance(error, _UNSENT)) or _is_certificate_rejected(error):
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
        """Yield the lines of a streamed answer, without retries."""
        with self._open(request) as response:
            yield response.iter_lines()

    @contextmanager
    def download(self, request: Request) -> Iterator[Iterator[bytes]]:
        """Yield the bytes of a streamed answer in pieces, without retries."""
        with self._open(request) as response:
            yield response.iter_bytes()

    @contextmanager
    def _open(self, request: Request) -> Iterator[httpx.Response]:
        """Send a request, and leave the body of the answer to be read in the block."""
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
                yield response
        except httpx.TransportError as error:
            raise self._not_reached(error) from error

    def _build(self, request: Request) -> httpx.Request:
        return self._http.build_request(
            request.method,
            request.path,
            params=dict(request.params) or None,
            headers={**request.headers, **_name_boundary(request)},
            json=request.json,
            content=request.content,
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
        """Return the problem of an unsuccessful answer. Raises Unexpected if it is not one of Backmark's."""
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
        message = f"{self._address} is not a Backmark server: it answers {status} {phrase(status)}{where}"
        raise Unexpected(message)


def _name_boundary(request: Request) -> dict[str, str]:
    """Return the header of a form with a file; none if the boundary is in a part, so that httpx draws another one."""
    if request.file is None:
        return {}
    name, content = request.file
    texts = [name, *(request.fields or {}).values()]
    is_within = _BOUNDARY.encode() in content or any(_BOUNDARY in part for part in texts)
    return {} if is_within else {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}


def read_json(response: httpx.Response) -> Any:
    """Return the JSON of an answer. Raises Unexpected if it is not valid."""
    try:
        return response.json()
    except ValueError as error:
        message = f"the server's answer is not valid JSON: {response.request.url.path}"
        raise Unexpected(message) from error


def _address(url: str, *, plain_http: bool) -> httpx.URL:
    try:
        address = httpx.URL(url.strip().rstrip("/").removesuffix(API))
    except (httpx.InvalidURL, ValueError) as error:
        message = f"{url} is not a valid address: {error}"
        raise Unusable(message) from error
    if address.scheme not in {"http", "https"} or not address.host:
        message = f"{url} is not a valid address; it should look like https://backmark.example"
        raise Unusable(message)
    if address.userinfo:
        message = "the address must not contain a user and password; the token identifies you"
        raise Unusable(message)
    if address.scheme == "http" and not _is_loopback(address) and not plain_http:
        message = (
            f"{address} is plain http, so anyone on the way could read the token; use https, or allow plain http"
            " (BACKMARK_PLAIN_HTTP=1, or plain_http=True)"
        )
        raise Unusable(message)
    return address.copy_with(query=None, fragment=None)


def _is_loopback(address: httpx.URL) -> bool:
    if address.host == "localhost":
        return True
    try:
        return ip_address(address.host).is_loopback
    except ValueError:
        return False


def _check_token(token: str) -> str:
    """Return the token if it is valid in a header. Raises Unusable, without repeating the token."""
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        message = "the token is empty, or has characters that no token has"
        raise Unusable(message)
    return token


def _is_certificate_rejected(error: BaseException) -> bool:
    """Return True if the server's certificate was rejected; a retry will not help."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def _tls_context(ca: str) -> ssl.SSLContext:
    """Return a TLS context that also trusts the authority in a file."""
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca)
    except OSError as error:
        message = f"the certificate authority {ca} cannot be read: {error.strerror or error}"
        raise Unusable(message) from error
    return context

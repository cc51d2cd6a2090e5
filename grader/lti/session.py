"""Requests to platforms: only to allowed addresses, within seconds, without redirects, proxies or large answers.

The LTI library asks with requests. The connections below are those of notifications: a name is resolved and checked
once, and the connection goes to an address that came of it.
"""

import ssl
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import httpcore
import requests
from requests.adapters import BaseAdapter

from backmark.grader.outbound.addresses import BadDestination, Destination, Destinations
from backmark.grader.outbound.connections import TROUBLES, CheckedBackend, Deadline, to_url

#: Seconds for a request with its answer: a thread of the web server waits for it.
TOTAL_SECONDS = 10.0
#: Bytes of an answer: a page of a large course's roster has some hundred kilobytes.
_MOST_BYTES = 4 << 20


class PlatformSession(requests.Session):
    """A session of requests that goes where notifications may go. What it raises is RequestException."""

    def __init__(self, destinations: Destinations, context: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.trust_env = False
        # Any redirect is an error: no platform's service needs one, and a token must not follow it.
        self.max_redirects = 0
        self.headers["User-Agent"] = "Backmark"
        self.adapters.clear()
        adapter = _CheckedAdapter(destinations, context or httpcore.default_ssl_context())
        self.mount("https://", adapter)
        self.mount("http://", adapter)


class _CheckedAdapter(BaseAdapter):
    def __init__(self, destinations: Destinations, context: ssl.SSLContext) -> None:
        super().__init__()
        self._destinations = destinations
        self._context = context

    def send(  # noqa: PLR0913 - requests'
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - requests'
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,  # noqa: ARG002 - ours holds
        verify: bool | str = True,  # noqa: ARG002, FBT001, FBT002 - always
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - never
    ) -> requests.Response:
        """Send a request to a checked address; raises RequestException."""
        try:
            destination = self._destinations.read(str(request.url))
            backend = CheckedBackend(self._destinations.addresses(destination), Deadline(TOTAL_SECONDS))
        except BadDestination as error:
            raise requests.exceptions.InvalidURL(str(error), request=request) from None
        try:
            return self._exchange(request, destination, backend)
        except TROUBLES as error:
            message = str(error) or "the connection was closed without an answer, or none came in time"
            raise requests.exceptions.ConnectionError(message, request=request) from None

    def close(self) -> None:
        """Do nothing: each request has a connection of its own."""

    def _exchange(
        self, request: requests.PreparedRequest, destination: Destination, backend: CheckedBackend
    ) -> requests.Response:
        body = request.body or b""
        # requests counts the body, and names no host.
        headers = [*request.headers.items(), ("Accept-Encoding", "identity"), ("Connection", "close")]
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), TOTAL_SECONDS)
        with (
            httpcore.ConnectionPool(ssl_context=self._context, network_backend=backend, max_connections=1) as pool,
            pool.stream(
                str(request.method),
                to_url(destination),
                headers=_without_doubles(headers),
                content=body.encode() if isinstance(body, str) else body,
                extensions={"timeout": timeout},
            ) as answer,
        ):
            return _response(request, answer, _read(request, answer))


def _without_doubles(headers: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    last = {name.lower(): (name, value if isinstance(value, str) else value.decode()) for name, value in headers}
    return list(last.values())


def _read(request: requests.PreparedRequest, answer: httpcore.Response) -> bytes:
    content = bytearray()
    for portion in answer.iter_stream():
        content += portion
        if len(content) > _MOST_BYTES:
            message = f"the answer has more than {_MOST_BYTES} bytes"
            raise requests.exceptions.ContentDecodingError(message, request=request)
    return bytes(content)


def _response(request: requests.PreparedRequest, answer: httpcore.Response, content: bytes) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.reason = answer.extensions.get("reason_phrase", b"").decode("latin-1")
    for raw_name, raw_value in answer.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name.lower() == "location":
            # Nobody follows it, but requests decodes it as UTF-8.
            value = raw_value.decode("ascii", "ignore")
        # A header that comes twice is one list, by the standard.
        response.headers[name] = f"{response.headers[name]}, {value}" if name in response.headers else value
    response.raw = BytesIO(content)
    response.request = request
    response.url = str(request.url)
    response.encoding = "utf-8"
    return response

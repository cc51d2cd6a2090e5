"""The services of platforms: requests with an access token, which is asked for once an hour, or when it is refused.

Whatever a platform answers is returned as it is: a status of an error is no exception, since each caller has a rule of
its own for it.
"""

import threading
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit, urlunsplit

import requests
from pylti1p3.exception import LtiServiceException
from pylti1p3.registration import Registration
from pylti1p3.service_connector import ServiceConnector

from backmark.grader.errors import BackmarkError
from backmark.grader.model.lti import Platform

#: Seconds before its end at which a token is no longer used, and the seconds of one that does not say.
_EARLY, _UNSAID = 60.0, 3600.0
LINE_ITEM_MEDIA_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
RESULT_MEDIA_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
#: The most characters of an error that are kept.
_WORDS = 200
#: Answers in JSON without a word.
_NOTHING = frozenset({"[]", "{}", "null", '""'})
#: Canvas's documented words beside a 403 that means 429.
_THROTTLED = b"rate limit exceeded"


class NoPlatformAnswer(BackmarkError):
    """The platform did not answer in time or with valid HTTP, or requests may not go to its address.

    `asked` is False if the platform gave no token, so that what was to be asked was not.
    """

    def __init__(self, words: str, *, asked: bool = True) -> None:
        super().__init__(words)
        self.asked = asked


class NoAccessToken(BackmarkError):
    """The platform gave no access token. `status` is that of its answer."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class PlatformAnswer:
    """The answer of a platform's service."""

    status: int
    content: bytes = b""
    #: Seconds that the platform asks to wait.
    retry_after: float | None = None
    #: Its `Link` headers, joined by commas: the addresses of other pages.
    links: str = ""
    #: The phrase beside its status: Moodle's only words of an error.
    reason: str = ""

    @property
    def succeeded(self) -> bool:
        """True if the platform did what it was asked for."""
        return 200 <= self.status < 300

    @property
    def throttles(self) -> bool:
        """True if the platform asks for fewer requests. Canvas does so by 429, and by 403 before 2025."""
        forbidden = self.status == HTTPStatus.FORBIDDEN and _THROTTLED in self.content.lower()
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or forbidden

    @property
    def words(self) -> str:
        """The beginning of the answer as text, on one line; of JSON that says nothing the reason, if it has one."""
        words = shorten(self.content[: 4 * _WORDS].decode("utf-8", "replace"))
        return words if words and words not in _NOTHING else shorten(self._own_reason)

    @property
    def _own_reason(self) -> str:
        """The reason, unless it is HTTP's phrase for the status."""
        usual = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else ""
        return "" if self.reason.casefold() == usual.casefold() else self.reason


class PlatformServices:
    """The services of all platforms. Safe to share between threads."""

    def __init__(self, session: requests.Session, registration: Callable[[Platform], Registration]) -> None:
        self._session = session
        self._registration = registration
        self._tokens = _AccessTokens()

    def post(self, platform: Platform, scope: str, url: str, content: bytes, media_type: str) -> PlatformAnswer:
        """Post to a service. Raises NoPlatformAnswer and NoAccessToken."""
        request = requests.Request("POST", url, headers={"Content-Type": media_type}, data=content)
        return self._ask(platform, scope, request)

    def get(self, platform: Platform, scope: str, url: str, media_type: str) -> PlatformAnswer:
        """Read from a service. Raises NoPlatformAnswer and NoAccessToken."""
        return self._ask(platform, scope, requests.Request("GET", url, headers={"Accept": media_type}))

    def ask_for_token(self, platform: Platform, scope: str) -> None:
        """Ask for a new access token, and use it from now on. Raises NoPlatformAnswer and NoAccessToken."""
        connector = self._connect(platform)
        connector.forget()
        try:
            _get_token(connector, scope)
        except LtiServiceException as error:
            raise _no_token(error) from None

    def _connect(self, platform: Platform) -> "_Connector":
        return _Connector(self._registration(platform), self._session, self._tokens, platform.id)

    def _ask(self, platform: Platform, scope: str, request: requests.Request) -> PlatformAnswer:
        connector = self._connect(platform)
        try:
            response = self._send(connector, scope, request)
            if response.status_code == HTTPStatus.UNAUTHORIZED:
                # It may have been revoked, or belong to a key of before: once more with a new one.
                connector.forget()
                response = self._send(connector, scope, request)
        except LtiServiceException as error:
            raise _no_token(error) from None
        except requests.RequestException as error:
            raise NoPlatformAnswer(_describe(error)) from None
        return _answer(response)

    def _send(self, connector: "_Connector", scope: str, request: requests.Request) -> requests.Response:
        token = _get_token(connector, scope)
        request.headers["Authorization"] = f"Bearer {token}"
        return self._session.send(self._session.prepare_request(request), allow_redirects=False)


def _get_token(connector: "_Connector", scope: str) -> str:
    """Return an access token. Raises NoPlatformAnswer and LtiServiceException."""
    try:
        token = connector.get_access_token([scope])
    except requests.RequestException as error:
        raise NoPlatformAnswer(_describe(error), asked=False) from error
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        # The library expects a JSON object with a token in it.
        token = ""
    if not isinstance(token, str) or not token or not token.isascii():
        connector.forget()
        raise NoPlatformAnswer("the answer to a request for an access token has none", asked=False)
    return token


def _no_token(error: LtiServiceException) -> NoAccessToken:
    return NoAccessToken(error.response.status_code, shorten(error.response.text))


def _describe(error: requests.RequestException) -> str:
    return shorten(str(error)) or "no answer"


class _AccessTokens:
    """Access tokens by platform and scopes, with the monotonic time at which each is no longer used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: MutableMapping[tuple[str, str], tuple[str, float]] = {}

    def get(self, key: tuple[str, str]) -> str | None:
        with self._lock:
            token, until = self._tokens.get(key, ("", 0.0))
        return token if time.monotonic() < until else None

    def put(self, key: tuple[str, str], token: str, seconds: float) -> None:
        with self._lock:
            self._tokens[key] = token, time.monotonic() + seconds

    def drop(self, platform: str) -> None:
        with self._lock:
            for key in [key for key in self._tokens if key[0] == platform]:
                del self._tokens[key]


class _Connector(ServiceConnector):
    """The library's requests for tokens, with a memory of ours: its own knows an issuer only, which many share."""

    def __init__(
        self, registration: Registration, session: requests.Session, tokens: _AccessTokens, platform: str
    ) -> None:
        super().__init__(registration, session)
        self._tokens = tokens
        self._platform = platform

    def forget(self) -> None:
        """Use the tokens of this platform no more."""
        self._tokens.drop(self._platform)

    def _get_cached_access_token(self, scope_key: str) -> str | None:
        return self._tokens.get((self._platform, scope_key))

    def _cache_access_token(self, scope_key: str, access_token: str, expires_in: object) -> None:
        # Some write digits, and some nothing.
        said = str(expires_in)
        seconds = float(said[:9]) if said.isdecimal() and said.isascii() else 0.0
        self._tokens.put((self._platform, scope_key), access_token, (seconds or _UNSAID) - _EARLY)


def below(line_item: str, name: str) -> str:
    """Return the address of a line item's `scores` or `results`: Moodle's has a query, which stays behind the path."""
    parts = urlsplit(line_item)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def shorten(words: str) -> str:
    """Return the beginning of a platform's words on one line."""
    return " ".join(words.split())[:_WORDS]


def _answer(response: requests.Response) -> PlatformAnswer:
    pause = response.headers.get("Retry-After", "")
    return PlatformAnswer(
        status=response.status_code,
        content=response.content,
        retry_after=float(pause[:9]) if pause.isdecimal() else None,
        links=response.headers.get("Link", ""),
        reason=response.reason or "",
    )

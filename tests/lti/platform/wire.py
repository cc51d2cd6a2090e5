"""A way to a made-up platform without a network: its WSGI application answers, in the thread that asks."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from pylti1p3.dynamic_registration import generate_key_pair
from pylti1p3.registration import Registration
from requests.adapters import BaseAdapter
from werkzeug.test import Client

from backmark.grader.lti.services import PlatformServices
from backmark.grader.model.lti import Platform


def make_registration(platform: Platform, pair: tuple[str, str]) -> Registration:
    """Return a platform as the LTI library takes it, with a pair of our keys: private, public."""
    registration = Registration()
    registration.set_issuer(platform.issuer).set_client_id(platform.client_id)
    registration.set_auth_token_url(platform.token_url)
    return registration.set_tool_private_key(pair[0]).set_tool_public_key(pair[1])


def make_pair() -> tuple[str, str]:
    """Return a pair of keys: private, public."""
    private, public = generate_key_pair(2048)
    return str(private), str(public)


def verifier(public_key: str, audience: str) -> Callable[[str], dict[str, Any]]:
    """Return what verifies our requests for tokens."""
    return lambda message: jwt.decode(message, public_key, algorithms=["RS256"], audience=audience)


def connect(application: Callable[..., Any], pair: tuple[str, str]) -> PlatformServices:
    """Return services that reach this application under any address."""
    session = requests.Session()
    session.mount("https://", _Wire(application))
    return PlatformServices(session, lambda platform: make_registration(platform, pair))


class _Wire(BaseAdapter):
    def __init__(self, application: Callable[..., Any]) -> None:
        super().__init__()
        self._client = Client(application)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - requests'
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,  # noqa: ARG002
        verify: bool | str = True,  # noqa: ARG002, FBT001, FBT002
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        """Answer a request."""
        parts = urlsplit(str(request.url))
        answer = self._client.open(
            parts.path,
            base_url=f"{parts.scheme}://{parts.netloc}",
            query_string=parts.query,
            method=request.method,
            data=request.body,
            headers=dict(request.headers),
        )
        response = requests.Response()
        response.status_code = answer.status_code
        response.reason = answer.status.partition(" ")[2]
        response.headers.update({name: ", ".join(answer.headers.getlist(name)) for name, _ in answer.headers})
        response.raw = BytesIO(answer.get_data())
        response.request, response.url = request, str(request.url)
        return response

    def close(self) -> None:
        """Do nothing."""

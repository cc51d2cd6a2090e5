"""Requests to platforms: to allowed addresses only, without redirects, within bounds."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

import pytest
import requests
from flask import Flask, Response, redirect, request

from backmark.grader.lti import session as sessions
from backmark.grader.lti.session import PlatformSession
from backmark.grader.outbound.addresses import Destinations
from tests.lti.platform.serving import serve_app


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server that answers in several ways."""
    app = Flask("answers")

    @app.route("/echo", methods=["GET", "POST"])
    def echo() -> dict[str, Any]:
        return {"headers": dict(request.headers), "body": request.get_data(as_text=True), "query": request.args}

    @app.get("/elsewhere")
    def redirect_to_echo() -> Any:
        return redirect("/echo")

    @app.get("/no-utf-8")
    def redirect_somewhere() -> Response:
        return Response(status=302, headers={"Location": "/\xe9"})

    @app.get("/large")
    def large() -> Response:
        return Response(bytes(65536) for _ in range(1000))

    @app.get("/pages")
    def page() -> Response:
        return Response(headers=[("Link", '<a>; rel="next"'), ("Link", '<b>; rel="first"')])

    with serve_app(app) as server_port:
        yield server_port


def session(*addresses: str, networks: tuple[str, ...] = ("127.0.0.0/8",)) -> PlatformSession:
    """A session for which every name has these addresses."""
    allowed_networks = [IPv4Network(network) for network in networks]
    return PlatformSession(Destinations(allowed_networks, http=True, resolver=lambda _host, _port: list(addresses)))


def test_the_checked_address_is_asked_by_the_name(port: int) -> None:
    answer = session("127.0.0.1").post(f"http://lms.example:{port}/echo?a=b", data={"x": "y"}, headers={"X-Test": "1"})
    body = answer.json()
    assert (body["body"], body["query"], body["headers"]["X-Test"]) == ("x=y", {"a": "b"}, "1")
    assert body["headers"]["Host"] == f"lms.example:{port}"


def test_a_name_with_a_private_address_is_not_asked(port: int) -> None:
    for addresses in (("10.0.0.1",), ("127.0.0.1", "10.0.0.1"), ()):
        with pytest.raises(requests.RequestException):
            session(*addresses).get(f"http://lms.example:{port}/echo")
    with pytest.raises(requests.RequestException, match="not public"):
        session(networks=()).get(f"http://127.0.0.1:{port}/echo")


def test_redirects_and_floods_end_the_request(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("elsewhere", "no-utf-8"):
        with pytest.raises(requests.TooManyRedirects):
            session("127.0.0.1").get(f"http://lms.example:{port}/{path}")
    monkeypatch.setattr(sessions, "_MOST_BYTES", 100_000)
    with pytest.raises(requests.RequestException, match="more than 100000 bytes"):
        session("127.0.0.1").get(f"http://lms.example:{port}/large")


def test_no_proxy_of_the_environment_is_used(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert session("127.0.0.1").get(f"http://lms.example:{port}/echo").status_code == 200


def test_a_header_that_comes_twice_is_one_list(port: int) -> None:
    answer = session("127.0.0.1").get(f"http://lms.example:{port}/pages")
    assert answer.headers["Link"] == '<a>; rel="next", <b>; rel="first"'

"""The client when a server refuses, hangs up, is down, or is not Backmark; and the addresses that get its token."""

import logging
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.client import (
    Client,
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    NotReached,
    Patience,
    Problem,
    TooMany,
    Unauthorized,
    Unavailable,
    Unexpected,
    Unusable,
)
from backmark.grader.client.patience import retry_after
from backmark.grader.model.records import Scope
from backmark.worker.serve.embedded import free_port
from tests.client.scripted import TOKEN, Answer, problem, serve_script, submission
from tests.services import require_program

HASTE = Patience(total=5.0, unreached=5.0, first=0.001, most=0.002)
ACCEPTED = Answer(202, submission("queued"))
HANG_UP = Answer(0)


def client(url: str, patience: Patience = HASTE) -> Client:
    """A client in a hurry."""
    return Client(url, TOKEN, patience=patience, timeout=5.0)


@pytest.mark.parametrize(
    "trouble", [HANG_UP, problem(429, "too-many-requests"), problem(503, "unavailable"), Answer(502, b"<html>")]
)
def test_a_submission_is_sent_again_under_the_same_key_until_it_is_accepted(trouble: Answer) -> None:
    with serve_script(trouble, trouble, ACCEPTED) as server, client(server.url) as api:
        assert api.submit(b"x", assignment="udl-7.2", student="ada").id == "s1"
    keys = {request.headers["Idempotency-Key"] for request in server.asked}
    assert len(server.asked) == 3
    assert len(keys) == 1
    assert all(b"udl-7.2" in request.body and b"ada" in request.body for request in server.asked)


def test_two_submissions_have_two_keys_and_a_given_key_is_kept() -> None:
    with serve_script(ACCEPTED) as server, client(server.url) as api:
        for key in (None, None, "row-17"):
            api.submit(b"x", assignment="udl-7.2", student="ada", key=key)
    keys = [request.headers["Idempotency-Key"] for request in server.asked]
    assert keys[2] == "row-17"
    assert len(set(keys)) == 3


@pytest.mark.parametrize("key", ["two words", "ä", "line\n", "x" * 256])
def test_a_key_that_cannot_be_one_is_refused_before_anything_is_sent(key: str) -> None:
    with serve_script(ACCEPTED) as server, client(server.url) as api, pytest.raises(Unusable):
        api.submit(b"x", assignment="udl-7.2", student="ada", key=key)
    assert server.asked == []


def test_what_may_not_be_asked_twice_is_asked_once() -> None:
    with serve_script(HANG_UP) as server, client(server.url) as api:
        with pytest.raises(NotReached):
            api.tokens.create("portal", [Scope.SUBMIT])
        assert len(server.asked) == 1


def test_the_server_is_given_as_many_seconds_as_it_asks_for() -> None:
    with (
        serve_script(problem(429, "too-many-requests", Retry_After="1"), ACCEPTED) as server,
        client(server.url) as api,
    ):
        start = time.monotonic()
        api.submission("s1")
        assert time.monotonic() - start >= 1.0
    assert len(server.asked) == 2


def test_patience_ends_before_a_pause_that_is_too_long() -> None:
    refusal = problem(503, "unavailable", "the store does not answer", Retry_After="3600")
    with serve_script(refusal) as server, client(server.url) as api:
        with pytest.raises(Unavailable) as error:
            api.submission("s1")
        assert error.value.retry_after == 3600
        assert error.value.slug == "unavailable"
        assert len(server.asked) == 1


def test_a_server_that_is_away_is_asked_again_until_patience_ends() -> None:
    """Nobody listens at first: then whatever was asked was never sent, and is asked again even without a key."""
    port = free_port()
    start = time.monotonic()
    message = f"no Backmark server was reached at http://127.0.0.1:{port}"
    with (
        client(f"http://127.0.0.1:{port}", Patience(unreached=0.5, first=0.05)) as api,
        pytest.raises(NotReached, match=message),
    ):
        api.tokens.create("portal", [Scope.SUBMIT])
    assert 0.05 <= time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Invalid),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (413, Invalid),
        (415, Invalid),
        (418, Problem),
        (422, Invalid),
        (429, TooMany),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_a_refusal_is_raised_as_its_status_says(status: int, kind: type[Problem]) -> None:
    with (
        serve_script(problem(status, "some-slug", "a detail")) as server,
        client(server.url, Patience(total=0)) as api,
        pytest.raises(Problem, match="a detail") as error,
    ):
        api.submission("s1")
    assert type(error.value) is kind
    assert error.value.status == status
    assert error.value.type == "/problems/some-slug"


def test_a_refusal_names_each_field_that_is_wrong() -> None:
    wrong = problem(422, "invalid")
    wrong.body["errors"] = [{"pointer": "/student", "detail": "is missing"}, {"header": "X", "detail": "is odd"}]
    with serve_script(wrong) as server, client(server.url) as api, pytest.raises(Invalid) as error:
        api.submission("s1")
    assert error.value.errors == (Fault("/student", "is missing"), Fault("X", "is odd"))
    assert "/student: is missing; X: is odd" in str(error.value)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, b"<html>nothing here", {"Content-Type": "text/html"}),
        Answer(301, None, {"Location": "https://elsewhere.example/"}),
        Answer(200, b"<html>hello", {"Content-Type": "text/html"}),
        Answer(200, []),
        Answer(200, {"id": "s1"}),
        Answer(200, {"id": "s1", "state": "no such state"}),
    ],
)
def test_what_is_no_backmark_server_is_said_to_be_none(answer: Answer) -> None:
    with serve_script(answer) as server, client(server.url) as api, pytest.raises(Unexpected):
        api.submission("s1")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://backmark.example",
        "http://10.0.0.1:8000",
        "http://localhost.example",
        "ftp://127.0.0.1",
        "127.0.0.1:8000",
        "https://user:secret@backmark.example",
        "https://",
        "",
    ],
)
def test_an_address_that_the_token_should_not_go_to_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(Unusable):
        Client(url, TOKEN)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """The requests that are sent while the test runs: to no server, which has no assignments."""
    requests = []

    def answer(_: httpx.Client, request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"items": [], "next": None}, request=request)

    monkeypatch.setattr(httpx.Client, "send", answer)
    return requests


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://b.example", "https://b.example"),
        ("https://b.example/prefix/api/v1", "https://b.example/prefix"),
    ],
)
def test_the_token_goes_to_the_server_of_the_address_by_tls_or_on_this_machine(
    url: str, base: str, sent: list[httpx.Request]
) -> None:
    with Client(url, TOKEN) as api:
        assert list(api.assignments()) == []
    assert [(str(request.url), request.headers["Authorization"]) for request in sent] == [
        (f"{base}/api/v1/assignments", f"Bearer {TOKEN}")
    ]


def test_plain_http_to_another_machine_is_possible_when_asked_for(sent: list[httpx.Request]) -> None:
    with Client("http://web:8000", TOKEN, plain_http=True) as api:
        assert list(api.assignments()) == []
    assert [str(request.url) for request in sent] == ["http://web:8000/api/v1/assignments"]


@pytest.mark.parametrize("token", ["", " ", "two words", "line\nfeed", "ä"])
def test_a_token_that_cannot_be_one_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(Unusable) as error:
        Client("http://127.0.0.1:1", token)
    assert not token.strip() or token not in str(error.value)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """The certificate of 127.0.0.1, signed by nobody else; its key is beside it."""
    openssl = require_program("openssl")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem")
    name = ("-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-out", "certificate.pem")
    subprocess.run([openssl, "req", "-x509", "-days", "2", *key, *name], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path / "certificate.pem"


def test_a_certificate_is_believed_where_its_authority_was_named_and_nowhere_else(certificate: Path) -> None:
    """And what is not believed is not asked again and again."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with serve_script(ACCEPTED, context=context) as server:
        with Client(server.url, TOKEN, patience=HASTE, ca=str(certificate)) as api:
            assert api.submission("s1").id == "s1"
        start = time.monotonic()
        with Client(server.url, TOKEN) as api, pytest.raises(NotReached, match="CERTIFICATE_VERIFY_FAILED"):
            api.submission("s1")
        assert time.monotonic() - start < 20
        assert len(server.asked) == 1


def test_the_token_is_sent_and_neither_logged_nor_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serve_script(problem(500, "unexpected")) as server, client(server.url) as api:
        with pytest.raises(Unavailable) as error:
            api.submission("s1")
        printable_text = f"{caplog.text} {error.value!r} {api!r} {vars(api)!r}"
    assert server.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in printable_text


def test_ids_cannot_lead_elsewhere() -> None:
    with serve_script(ACCEPTED) as server, client(server.url) as api:
        api.submission("../tokens?x=1")
    assert server.asked[0].path == "/api/v1/submissions/..%2Ftokens%3Fx%3D1"


@given(tries=st.integers(1, 10_000), asked_pause=st.none() | st.floats(0, 100))
def test_pauses_are_jittered_within_their_bounds(tries: int, asked_pause: float | None) -> None:
    pause = Patience(first=0.25, most=10).pause(tries, asked_pause)
    assert (0.125 <= pause <= 10) if asked_pause is None else (asked_pause <= pause <= asked_pause + 0.25)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("7", 7.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00", 0.0),
    ],
)
def test_retry_after_holds_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert retry_after(text) == seconds

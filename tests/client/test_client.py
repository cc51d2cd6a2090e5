"""The requests, waits and results of a client, against a server with scripted answers."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from backmark.grader.client import Client, Patience, Position, StillWaiting, Unavailable, utc
from backmark.grader.client.events import ServerSentEvent, events
from backmark.grader.model.records import State
from tests.client.scripted import TOKEN, Answer, Scripted, problem, serve_script, submission

ROOT = Path(__file__).parents[2]
QUEUED = Answer(200, submission("queued", queue={"position": 2, "estimated_seconds": 4.5}))
RUNNING = Answer(200, submission("running"))
DONE = Answer(200, submission("done", outcome="passed", engine="0.3.0+1f0c3a5b", verdict={"outcome": "passed"}))


@contextmanager
def serve_client(*script: Answer, course: str | None = None) -> Iterator[tuple[Client, Scripted]]:
    """A client and the server that it asks."""
    patience = Patience(total=2, unreached=2, first=0.001, most=0.002)
    with serve_script(*script) as server, Client(server.url, TOKEN, course=course, patience=patience) as client:
        yield client, server


def test_a_file_is_submitted_by_its_name_and_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "übung.ipynb"
    file.write_bytes(b"\x00bytes\xff")
    with serve_client(Answer(202, submission("queued")), course="nn") as (client, server):
        client.submit(file, assignment="udl-7.2", student="ada")
    request = server.asked[0]
    assert request.headers["Content-Type"].startswith("multipart/form-data")
    assert b"\x00bytes\xff" in request.body
    assert "übung.ipynb".encode() in request.body
    assert b'name="course"\r\n\r\nnn\r\n' in request.body


def test_a_submission_is_read_with_its_place_and_its_times() -> None:
    with serve_client(QUEUED) as (client, _):
        record = client.submission("s1")
    assert record.state is State.QUEUED
    assert record.queue == Position(2, 4.5)
    assert utc(record.created).isoformat() == "2026-01-02T03:04:05.678000+00:00"
    assert not record.passed


def test_waiting_asks_until_the_end_and_no_further() -> None:
    with serve_client(QUEUED, QUEUED, RUNNING, DONE, problem(500, "unexpected")) as (client, server):
        record = client.wait("s1", timeout=30)
    assert record.passed
    paths = [request.path.partition("?") for request in server.asked]
    assert [query for _, _, query in paths] == ["", "wait=25", "wait=25", "wait=25"]


def test_a_server_that_answers_at_once_is_not_asked_again_at_once() -> None:
    """As it does while it holds as many connections as it may."""
    start = time.monotonic()
    with serve_client(QUEUED) as (client, server), pytest.raises(StillWaiting, match="s1 is still queued") as error:
        client.wait("s1", timeout=1.5)
    assert error.value.submission.state is State.QUEUED
    assert 1.0 < time.monotonic() - start < 30
    assert len(server.asked) < 10


def test_watching_shows_each_look() -> None:
    with serve_client(QUEUED, RUNNING, DONE) as (client, _):
        updates = [(update.state, update.engine) for update in client.watch("s1")]
    assert updates == [(State.QUEUED, None), (State.RUNNING, None), (State.DONE, "0.3.0+1f0c3a5b")]


def test_a_stream_is_followed_to_its_end() -> None:
    text = "".join(
        f"retry: 2000\nevent: {reply.body['state']}\nid: 1\ndata: {json.dumps(reply.body)}\n\n:\n\n"
        for reply in (QUEUED, DONE)
    )
    with serve_client(Answer(200, text.encode(), {"Content-Type": "text/event-stream"})) as (client, server):
        assert [event.state for event in client.events("s1")] == [State.QUEUED, State.DONE]
    assert server.asked[0].headers["Accept"] == "text/event-stream"


def test_a_stream_that_has_no_room_is_refused_at_once() -> None:
    with serve_client(problem(503, "busy", Retry_After="2")) as (client, server), pytest.raises(Unavailable) as error:
        list(client.events("s1"))
    assert error.value.slug == "busy"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("lines", "events_read"),
    [
        (["data: a", "data: b", ""], [ServerSentEvent("message", "a\nb")]),
        (["event: x", "data:a", "", "data: b", ""], [ServerSentEvent("x", "a"), ServerSentEvent("message", "b")]),
        ([": comment", "", "event: x", "", "data", "id: 7", ""], [ServerSentEvent("message", "")]),
        (["data: cut off"], []),
    ],
)
def test_events_are_read_as_the_standard_says(lines: list[str], events_read: list[ServerSentEvent]) -> None:
    assert list(events(lines)) == events_read


def test_a_list_asks_for_each_page_when_it_is_needed() -> None:
    pages = [
        Answer(200, {"items": [submission("done"), submission("queued")], "next": "abc"}),
        Answer(200, {"items": [submission("cancelled")], "next": None}),
    ]
    with serve_client(*pages, course="nn") as (client, server):
        states = iter(client.submissions(assignment="udl-7.2", outcome="failed", limit=2))
        assert [next(states).state, next(states).state] == [State.DONE, State.QUEUED]
        assert len(server.asked) == 1
        assert [state.state for state in states] == [State.CANCELLED]
    queries = [parse_qs(urlsplit(request.path).query) for request in server.asked]
    first = {"assignment": ["udl-7.2"], "outcome": ["failed"], "limit": ["2"], "course": ["nn"]}
    assert queries == [first, {**first, "cursor": ["abc"]}]


def test_a_new_tokens_secret_is_in_its_answer_and_not_in_its_words() -> None:
    body = {"id": "t", "name": "portal", "course": "nn", "scopes": ["submit", "read"]}
    body |= {"created_at": "2026-01-02T03:04:05Z", "secret": TOKEN}
    with serve_client(Answer(201, body), course="nn") as (client, server):
        token = client.tokens.create("portal", ["submit", "read"])
    assert token.secret == TOKEN
    assert TOKEN not in repr(token)
    assert json.loads(server.asked[0].body) == {"name": "portal", "scopes": ["read", "submit"], "course": "nn"}


def test_deleting_and_cancelling_are_safe_to_repeat() -> None:
    busy = problem(503, "unavailable")
    with serve_client(busy, DONE, busy, Answer(204), busy, Answer(200, {"deleted": 3})) as (client, server):
        assert client.cancel("s1").state is State.DONE
        client.delete("s1")
        assert client.delete_student("ada") == 3
    assert [request.method for request in server.asked] == ["POST", "POST", *["DELETE"] * 4]


def test_a_portal_needs_no_more_than_the_extra_client() -> None:
    """Neither what the service stands on nor NumPy."""
    code = "import sys, backmark.grader.client; print(*{name.partition('.')[0] for name in sys.modules})"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not {"redis", "celery", "flask", "numpy", "pydantic", "hypothesis"} & set(process.stdout.split())


def test_all_that_failed_on_the_server_s_side_are_retried_page_by_page() -> None:
    pages = (Answer(200, {"retried": ["s3", "s2"], "next": "c"}), Answer(200, {"retried": ["s1"], "next": None}))
    with serve_client(*pages, course="nn") as (client, server):
        assert client.retry_all(assignment="mine") == ["s3", "s2", "s1"]
    bodies = [json.loads(request.body) for request in server.asked]
    assert bodies == [{"assignment": "mine", "course": "nn"}, {"assignment": "mine", "course": "nn", "cursor": "c"}]


def test_a_submission_is_retried_again_if_the_connection_fails() -> None:
    with serve_client(problem(503, "unavailable"), QUEUED) as (client, server):
        assert client.retry("s1").state is State.QUEUED
    assert [(request.method, request.path) for request in server.asked] == 2 * [
        ("POST", "/api/v1/submissions/s1/retry")
    ]


def test_a_kit_is_asked_for_without_the_solution_unless_it_is_chosen() -> None:
    with serve_client(Answer(200, b"closed"), Answer(200, b"opened"), course="nn") as (client, server):
        assert client.kit("mine", "r1") == b"closed"
        assert client.kit("mine", "r1", with_solution=True) == b"opened"
    path = "/api/v1/assignments/mine/revisions/r1/kit"
    assert [parse_qs(urlsplit(request.path).query) for request in server.asked] == [
        {"course": ["nn"]},
        {"solution": ["true"], "course": ["nn"]},
    ]
    assert {urlsplit(request.path).path for request in server.asked} == {path}

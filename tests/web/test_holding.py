"""Waiting for the end: long polls and streams, and how many of them there may be."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from flask import Flask

from backmark.grader.model.records import Job, Kind, Scope
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store import keys
from backmark.grader.store.store import Store
from backmark.grader.web import streaming as awaiting
from backmark.grader.web.service import of
from tests.web.asking import Asker
from tests.web.concluding import conclude
from tests.web.serving import serve_web

#: Seconds after which a test gives up.
PATIENCE = 20.0


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def make_hearing(store: Store, submission: str) -> Callable[[], bool]:
    """Return True if a subscription to its changes is open."""
    return lambda: dict(store.redis.pubsub_numsub(keys.changes(submission)))[keys.changes(submission).encode()] == 1


def events(text: str) -> list[tuple[str, str, dict[str, object]]]:
    """Name, id and data of each event."""
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if "event" in block
    ]
    return [(block["event"], block["id"], json.loads(block["data"])) for block in blocks]


def test_a_wait_ends_with_the_submission(portal: Asker, store: Store) -> None:
    submission = portal.submit().get_json()["id"]
    with ThreadPoolExecutor() as pool:
        start = time.monotonic()
        answer = pool.submit(portal.get, f"/submissions/{submission}?wait=60")
        until(make_hearing(store, submission))
        conclude(store, submission)
        assert answer.result().get_json()["state"] == "done"
        assert time.monotonic() - start < PATIENCE


def test_a_wait_that_is_over_tells_where_the_submission_is(portal: Asker) -> None:
    submission = portal.submit().get_json()["id"]
    assert portal.get(f"/submissions/{submission}?wait=0.05").get_json()["state"] == "queued"


def test_a_wait_for_what_has_ended_is_none(portal: Asker, store: Store) -> None:
    submission = portal.submit().get_json()["id"]
    conclude(store, submission)
    assert portal.get(f"/submissions/{submission}?wait=60").get_json()["state"] == "done"


def test_a_wait_for_what_is_deleted_ends(staff: Asker, store: Store) -> None:
    submission = staff.submit().get_json()["id"]
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(staff.get, f"/submissions/{submission}?wait=60")
        until(make_hearing(store, submission))
        staff.delete(f"/submissions/{submission}")
        assert answer.result().status_code == 404


@pytest.mark.service(web_threads=2)
def test_beyond_half_of_the_threads_nobody_is_held(portal: Asker, app: Flask) -> None:
    submission = portal.submit().get_json()["id"]
    with of(app).slots.hold() as slot:
        assert slot
        assert portal.get(f"/submissions/{submission}?wait=60").get_json()["state"] == "queued"
        answer = portal.get(f"/submissions/{submission}/events")
        assert (answer.status_code, answer.get_json()["type"]) == (503, "/problems/busy")
        assert int(answer.headers["Retry-After"]) >= 1


def test_a_stream_ends_with_the_last_state_and_its_verdict(portal: Asker, store: Store) -> None:
    submission = portal.submit().get_json()["id"]
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(lambda: portal.get(f"/submissions/{submission}/events").text)
        until(make_hearing(store, submission))
        conclude(store, submission)
        text = answer.result()
    assert text.startswith("retry: ")
    events_read = events(text)
    assert events_read[-1][0] == "done"
    assert events_read[-1][2] == portal.get(f"/submissions/{submission}").get_json()


def test_a_stream_that_was_read_to_its_end_is_not_begun_again(portal: Asker, store: Store) -> None:
    submission = portal.submit().get_json()["id"]
    conclude(store, submission)
    last = events(portal.get(f"/submissions/{submission}/events").text)[-1][1]
    assert portal.get(f"/submissions/{submission}/events", {"Last-Event-ID": last}).status_code == 204


def test_a_stream_that_is_silent_beats(portal: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaiting, "_LOOK", 0.01)
    monkeypatch.setattr(awaiting, "_HEARTBEAT", 0.02)
    submission = portal.submit().get_json()["id"]
    answer = portal.get(f"/submissions/{submission}/events", buffered=False)
    parts = answer.iter_encoded()
    assert b":\n\n" in {next(parts) for _ in range(4)}
    answer.close()


def test_a_stream_that_nobody_reads_gives_its_place_back(portal: Asker, app: Flask) -> None:
    submission = portal.submit().get_json()["id"]
    places = of(app).settings.web_threads // 2
    for number in range(2 * places + 1):
        answer = portal.ask("GET" if number % 2 else "HEAD", f"/submissions/{submission}/events", buffered=False)
        assert answer.status_code == 200
        answer.close()


@pytest.fixture
def server(settings: ServiceSettings, store: Store) -> Iterator[httpx.Client]:
    """A client of a real web server, with a portal's token."""
    secret = store.tokens.create("test", "course", {Scope.SUBMIT, Scope.READ})[1]
    with (
        serve_web(settings.redis_url.get_secret_value()) as port,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}/api/v1", headers={"Authorization": f"Bearer {secret}"}, timeout=PATIENCE
        ) as client,
    ):
        yield client


def test_streams_end_when_their_clients_go_away_and_leave_room_for_others(server: httpx.Client) -> None:
    body = {"assignment": "udl-7.2", "student": "ada", "filename": "a.py", "source": "x = 1\n"}
    path = f"/submissions/{server.post('/submissions', json=body).json()['id']}/events"
    streams = [server.send(server.build_request("GET", path), stream=True) for _ in range(5)]
    assert [response.status_code for response in streams] == [200] * 4 + [503]
    # Had they taken every thread, this would end with the client's patience: none of them ends by itself.
    assert server.get("/token").status_code == 200
    for stream in streams:
        stream.close()

    def room() -> bool:
        with server.stream("GET", path) as answer:
            return answer.status_code == 200

    until(room)


def test_states_arrive_while_the_stream_is_open(server: httpx.Client, store: Store) -> None:
    body = {"assignment": "udl-7.2", "student": "ada", "filename": "a.py", "source": "x = 1\n"}
    submission = server.post("/submissions", json=body).json()["id"]
    with server.stream("GET", f"/submissions/{submission}/events") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = (line for line in answer.iter_lines() if line.startswith("event: "))
        assert next(lines) == "event: queued"
        claim = store.jobs.claim(Job(Kind.SUBMISSION, submission))
        assert claim is not None
        assert next(lines) == "event: running"
        assert store.jobs.hand_back(claim)
        assert next(lines) == "event: queued"
        conclude(store, submission)
        assert list(lines)[-1] == "event: done"


def test_a_server_that_is_told_to_stop_lets_everybody_go(settings: ServiceSettings, store: Store, staff: Asker) -> None:
    path = f"/api/v1/submissions/{staff.submit().get_json()['id']}/events"
    with httpx.Client(headers={"Authorization": f"Bearer {staff.secret}"}, timeout=PATIENCE) as client:
        # Whom it does not let go it waits for, and the test with it.
        patient = {"GUNICORN_CMD_ARGS": f"--graceful-timeout {10 * PATIENCE:.0f}"}
        with serve_web(settings.redis_url.get_secret_value(), **patient) as port:
            stream = client.send(client.build_request("GET", f"http://127.0.0.1:{port}{path}"), stream=True)
            lines = stream.iter_lines()
            assert next(lines).startswith("retry: ")
        # An answer that is cut off is an error.
        assert list(lines)[-1] == ""
        stream.close()
    assert make_hearing(store, path.split("/")[-2])() is False

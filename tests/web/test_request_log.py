"""The line of each request in the log, and the ids that a request is traced by."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from structlog.contextvars import get_contextvars
from werkzeug.test import TestResponse

from backmark.grader.store.store import Store
from tests.web.asking import SOURCE, Asker

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SENT = {"X-Request-ID": "r-17", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


class Lines(logging.Handler):
    """Keeps the lines of requests, with what was bound when they were logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(SimpleNamespace(**{**vars(record), **get_contextvars()}))


def send_answer(answer: TestResponse) -> TestResponse:
    """Close an answer, as the server does when it has sent it."""
    answer.close()
    return answer


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The lines of requests."""
    lines = Lines()
    logger = logging.getLogger("backmark.grader.web.http.request_log")
    monkeypatch.setattr(logger, "handlers", [lines])
    monkeypatch.setattr(logger, "level", logging.INFO)
    logger.manager._clear_cache()  # type: ignore[attr-defined]
    return lines.lines


def test_a_submission_is_logged_with_its_ids_and_stored_with_its_trace(
    portal: Asker, store: Store, log_lines: list[Any]
) -> None:
    answer = send_answer(portal.submit(headers=SENT))
    name = answer.get_json()["id"]
    (line,) = log_lines
    assert (line.request_id, line.job) == ("r-17", f"submission {name}")
    assert (line.method, line.route, line.status) == ("POST", "/api/v1/submissions", 202)
    assert line.milliseconds > 0
    submission = store.submissions.get(name)
    assert submission is not None
    assert submission.trace is not None
    assert submission.trace.request_id == answer.headers["X-Request-ID"] == "r-17"
    assert submission.trace.traceparent == answer.headers["traceparent"]
    assert TRACE in submission.trace.traceparent


def test_a_request_is_answered_with_an_id_if_it_came_without(portal: Asker, log_lines: list[Any]) -> None:
    first, second = (send_answer(portal.get("/token")).headers["X-Request-ID"] for _ in range(2))
    assert [line.request_id for line in log_lines] == [first, second]
    assert first != second


def test_the_job_of_the_last_request_is_not_named_by_the_next(portal: Asker, log_lines: list[Any]) -> None:
    send_answer(portal.submit())
    send_answer(portal.get("/token"))
    assert "job" not in vars(log_lines[1])


@pytest.mark.parametrize("path", ["/hand-in/a-secret-link", "/a/path/that/is/none"])
def test_neither_a_link_nor_an_unknown_path_is_logged(app: Flask, log_lines: list[Any], path: str) -> None:
    answer = send_answer(app.test_client().get(path))
    (line,) = log_lines
    assert line.status == answer.status_code
    assert path not in str(vars(line))
    assert line.route in {"/hand-in/<token>", "none"}


def test_a_refused_request_is_logged(portal: Asker, log_lines: list[Any]) -> None:
    assert send_answer(portal.post("/submissions", data="{", content_type="application/json")).status_code == 400
    assert [line.status for line in log_lines] == [400]


def test_nothing_of_the_file_or_the_student_is_logged(portal: Asker, log_lines: list[Any]) -> None:
    send_answer(portal.submit(student="a-student", filename="a-file.py"))
    assert not any(text in str(vars(log_lines[0])) for text in ("a-student", "a-file", SOURCE[:10]))


def test_probes_are_logged_when_they_fail(app: Flask, log_lines: list[Any]) -> None:
    client = app.test_client()
    assert send_answer(client.get("/healthz")).status_code == 200
    assert log_lines == []
    # There is no worker.
    assert send_answer(client.get("/readyz")).status_code == 503
    assert [line.route for line in log_lines] == ["/readyz"]

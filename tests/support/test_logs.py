"""The log: one line for each event, with its fields, bounded, and safe to read in a terminal."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from structlog.contextvars import bound_contextvars, clear_contextvars

from backmark.grader.settings.service import LogFormat
from backmark.grader.support import logs


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, which is as before after the test; a request that this thread answered before left its id."""
    clear_contextvars()
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:], logger.level = handlers, level


@pytest.fixture
def stream(root: logging.Logger) -> io.StringIO:
    """What is logged as JSON."""
    del root
    stream = io.StringIO()
    logs.configure("worker", LogFormat.JSON, stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_time_level_part_request_and_job(stream: io.StringIO) -> None:
    with bound_contextvars(request_id="r-17", job="submission 12"):
        logging.getLogger("grader.x").info("done with %d", 3, extra={"outcome": "passed"})
    (line,) = lines(stream)
    assert str(line.pop("time")).endswith("Z")
    assert line == {
        "level": "info",
        "part": "worker",
        "logger": "grader.x",
        "message": "done with 3",
        "request_id": "r-17",
        "job": "submission 12",
        "outcome": "passed",
    }


def test_text_is_logfmt_in_a_fixed_order(root: logging.Logger) -> None:
    stream = io.StringIO()
    logs.configure("web", LogFormat.TEXT, stream)
    root.warning("the store does not answer")
    time, message = stream.getvalue().split(" ", 1)
    assert time.startswith("time=")
    assert message == 'level=warning part=web logger=root message="the store does not answer"\n'


def test_a_field_that_is_not_listed_is_left_out(stream: io.StringIO) -> None:
    with bound_contextvars(bound="import os"):
        logging.getLogger().info("done", extra={"source": "import os"})
    assert "import os" not in stream.getvalue()


@pytest.mark.parametrize("log_format", LogFormat)
def test_nothing_in_a_line_moves_the_cursor_or_starts_a_new_line(root: logging.Logger, log_format: LogFormat) -> None:
    stream = io.StringIO()
    logs.configure("web", log_format, stream)
    root.info("a\nb \x1b[31m \u202e %s", "\ud800")
    text = stream.getvalue().removesuffix("\n")
    assert text.isprintable()
    assert "\\x1b[31m" in text


def test_a_long_text_is_cut_in_its_middle(stream: io.StringIO) -> None:
    logging.getLogger().error("it failed", exc_info=ValueError("x" * 1_000_000 + "the end"))
    (line,) = lines(stream)
    exception = str(line["exception"])
    assert len(exception) < 10_000
    assert "characters left out" in exception
    assert exception.endswith("the end")


def test_an_exception_is_in_the_line_of_its_message(stream: io.StringIO) -> None:
    logging.getLogger().error("it failed", exc_info=ValueError("of the test"))
    (line,) = lines(stream)
    assert "ValueError: of the test" in str(line["exception"])


def test_a_warning_that_repeats_itself_is_left_out_and_counted(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("backmark.grader.support.logs.time.monotonic", lambda: clock[0])
    logger = logging.getLogger("grader.x")
    for number in range(959):
        logger.warning("submission %d was not sent", number)
    logger.warning("something else")
    assert len(lines(stream)) == logs.MOST_REPEATED + 1
    clock[0] = logs.REPEATED_SECONDS
    logger.warning("submission %d was not sent", 959)
    last_line = lines(stream)[-1]
    assert last_line["message"] == "submission 959 was not sent"
    assert last_line["left_out"] == 959 - logs.MOST_REPEATED


def test_what_is_done_is_logged_however_often(stream: io.StringIO) -> None:
    for _ in range(100):
        logging.getLogger().info("job done")
    assert len(lines(stream)) == 100

"""The trace of a request: what is taken over from its headers, and what is made up."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.model.trace import Trace, receive

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SENT = f"00-{TRACE}-{PARENT}-01"


def test_a_trace_goes_on_with_a_span_of_its_own() -> None:
    first_trace = receive("r-17", SENT)
    version, trace, span, flags = first_trace.traceparent.split("-")
    assert (first_trace.request_id, version, trace, flags) == ("r-17", "00", TRACE, "01")
    assert re.fullmatch("[0-9a-f]{16}", span)
    assert span != PARENT
    next_trace = first_trace.next()
    assert next_trace.request_id == "r-17"
    assert next_trace.traceparent.split("-")[1] == TRACE
    assert next_trace.traceparent != first_trace.traceparent


def test_a_request_without_ids_gets_its_own() -> None:
    first, second = receive(), receive()
    assert first.request_id == first.traceparent.split("-")[1]
    assert first.request_id != second.request_id


def test_a_later_version_may_append_fields() -> None:
    assert TRACE in receive(None, f"01-{TRACE}-{PARENT}-01-more").traceparent


@pytest.mark.parametrize(
    "header",
    [
        "",
        TRACE,
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"{SENT}\n",
    ],
)
def test_a_traceparent_that_is_not_valid_starts_a_new_trace(header: str) -> None:
    assert TRACE not in receive(None, header).traceparent


@pytest.mark.parametrize("header", ["", "a b", "x" * 65, "a\nb", "é", "-x", "<script>"])
def test_a_request_id_that_might_deceive_a_reader_is_replaced(header: str) -> None:
    assert receive(header, SENT).request_id == TRACE


@given(st.text(), st.text())
def test_whatever_is_sent_the_trace_is_stored_and_read_again(request_id: str, traceparent: str) -> None:
    trace = receive(request_id, traceparent)
    assert Trace.decode(trace.encode()) == trace
    assert trace.request_id.isascii()
    assert trace.request_id.isprintable()


def test_what_a_newer_version_adds_is_passed_over() -> None:
    trace = receive("r-17", SENT)
    assert Trace.decode(f"{trace.encode()} more") == trace


def test_what_an_earlier_version_stored_has_no_trace() -> None:
    assert Trace.decode(None) is None

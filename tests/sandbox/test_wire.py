"""Frames survive any chunking, and nothing that a hostile sender writes does worse than a WireError."""

import contextlib
import os
import struct
import tracemalloc
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.worker.sandbox.inside import wire

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
FRAMES = st.lists(st.tuples(st.dictionaries(st.text(), JSON, max_size=4), st.binary(max_size=200)), max_size=5)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(place % (len(data) + 1) for place in cuts)})
    return [data[start:stop] for start, stop in pairwise(places)]


@given(FRAMES, st.lists(st.integers(min_value=0), max_size=20))
def test_frames_come_back_under_any_chunking(frames: list[tuple[dict[str, Any], bytes]], cuts: list[int]) -> None:
    parser = wire.Parser(payload_cap=200)
    data = b"".join(wire.pack(header, payload) for header, payload in frames)
    frames_read = [frame for piece in pieces(data, cuts) for frame in parser.feed(piece)]
    assert [(frame.header, frame.payload) for frame in frames_read] == frames
    assert parser.pending == 0


def test_a_header_that_came_before_is_not_read_again_though_others_came_between() -> None:
    first, _, repeat = wire.Parser(payload_cap=0).feed(b"".join(wire.pack({"at": at}) for at in (1, 2, 1)))
    assert first.header is repeat.header


def test_more_different_headers_than_a_parser_remembers_all_come_back() -> None:
    headers = [{"at": at % 700} for at in range(1500)]
    frames = wire.Parser(payload_cap=0).feed(b"".join(map(wire.pack, headers)))
    assert [frame.header for frame in frames] == headers


@given(FRAMES)
def test_frames_come_back_through_a_pipe(frames: list[tuple[dict[str, Any], bytes]]) -> None:
    reader, write = os.pipe()
    with contextlib.closing(os.fdopen(reader)), contextlib.closing(os.fdopen(write)) as end:
        for header, payload in frames:
            wire.write(write, wire.pack(header, payload))
            assert wire.read(reader, payload_cap=200) == wire.Frame(header, payload)
        end.close()
        assert wire.read(reader, payload_cap=200) is None


@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda raw: struct.pack(">IQ", len(raw), 0) + raw))
def test_garbage_does_no_worse_than_a_wire_error(garbage: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        wire.Parser(payload_cap=1000).feed(garbage)


def test_frames_before_the_fault_are_not_lost() -> None:
    parser = wire.Parser(payload_cap=0)
    assert parser.feed(wire.pack({"a": 1}) + bytes(12)) == [wire.Frame({"a": 1})]
    with pytest.raises(wire.WireError):
        parser.feed(b"")


@pytest.mark.parametrize(("header", "payload"), [(101, 0), (0, 1001), (2**32 - 1, 2**64 - 1)])
def test_caps_hold_as_soon_as_the_lengths_are_known(header: int, payload: int) -> None:
    prefix = struct.pack(">IQ", header, payload)
    with pytest.raises(wire.WireError, match="at most"):
        wire.Parser(payload_cap=1000, header_cap=100).feed(prefix)


def test_a_header_that_lies_about_its_payload_costs_no_memory() -> None:
    parser = wire.Parser(payload_cap=1 << 40)
    tracemalloc.start()
    parser.feed(struct.pack(">IQ", 2, 1 << 40) + b"{}")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"1",
        b"{",
        b"\xff",
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b"[" * 60_000,
        b'{"a":' + b"9" * 9_000 + b"}",
    ],
)
def test_a_header_that_is_no_writable_json_object_is_refused(text: bytes) -> None:
    with pytest.raises(wire.WireError, match="JSON"):
        wire.Parser(payload_cap=0).feed(struct.pack(">IQ", len(text), 0) + text)


def test_a_stream_that_ends_within_a_frame_is_refused() -> None:
    reader, write = os.pipe()
    with contextlib.closing(os.fdopen(reader)):
        wire.write(write, wire.pack({"a": 1}, b"payload")[:-1])
        os.close(write)
        with pytest.raises(wire.WireError, match="ended"):
            wire.read(reader, payload_cap=100)

"""Requests in, replies out: a submission is read once, and then asked."""

import sys
from typing import Any, TextIO

from . import wire
from .entry import LONGEST_NAME, MOST_LEFT_OUT, MOST_PARAMETERS, Entry
from .questions import KeptQuestions, read_request
from .reading import source
from .reading.cells import encode
from .reading.notebook import NotebookCell
from .student import Student


def serve(requests: int, says: int, kept: KeptQuestions) -> None:
    """Read requests from one descriptor and write replies to the other until no more come."""
    prints = (sys.stdout, sys.stderr)
    student: Student | None = None
    while (request := wire.read(requests)) is not None:
        if request.header["do"] == "extract":
            student, reply = _extract(request)
            wire.write(says, reply)
        elif student is not None and request.header["do"] == "write":
            # Only wrong submissions are written anew.
            from .writing.programs import write_program  # noqa: PLC0415

            wire.write(says, write_program(student.lines, request.header))
        elif student is not None:
            known = kept.find(request.header.get("kept", ""))
            for reply in read_request(request.header, request.payload, known).answers(student):
                # First what was printed, so that the worker has it by the time it has the answer.
                _flush(prints)
                wire.write(says, reply)


def _extract(request: wire.Frame) -> tuple[Student | None, bytes]:
    cells: list[NotebookCell] = []
    try:
        slice_ = source.extract(request.payload, request.header["filename"], Entry.of(request.header), cells)
        return Student(slice_), _pack_slice(slice_, cells)
    except source.Rejected as error:
        return None, _pack_rejection(error, cells)
    except (RecursionError, MemoryError):
        why = source.Rejected("too_complex", "The code is nested too deeply, or is too large, to be read.")
        return None, _pack_rejection(why, cells)


def _pack_slice(slice_: source.Slice, cells: list[NotebookCell]) -> bytes:
    listing, texts = encode(cells)
    header: dict[str, Any] = {
        "fingerprint": slice_.fingerprint,
        "left_out": list(slice_.left_out[:MOST_LEFT_OUT]),
        "literals": slice_.literals,
        "listing": listing,
        "own_parameters": [
            [function, own.passed, [name[:LONGEST_NAME] for name in own.names[:MOST_PARAMETERS]], own.is_global]
            for function, own in slice_.extra.items()
        ],
        "writes": [[write.name, write.cell, write.line] for write in slice_.writes],
    }
    return wire.pack(header, texts + slice_.code.encode("utf-8", "backslashreplace"))


def _pack_rejection(error: source.Rejected, cells: list[NotebookCell]) -> bytes:
    text = error.message[:8_000].encode("utf-8", "backslashreplace").decode()
    listing, texts = encode(cells)
    rejected = {"reason": error.reason, "message": text, "lines": error.lines}
    return wire.pack({"rejected": rejected, "listing": listing}, texts)


def _flush(prints: tuple[TextIO, TextIO]) -> None:
    for stream in prints:
        try:
            stream.flush()
        except (OSError, ValueError):
            # The student closed it: nothing is left to flush.
            continue

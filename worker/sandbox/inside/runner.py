"""The jail's process: requests come on descriptor 0, answers go to 1, the student's prints to 2."""

import os
import sys
import warnings
from types import CodeType
from typing import Any, NoReturn, TextIO

import numpy as np

from . import source, wire
from .answer import Student, answers
from .confine import confine
from .raised import FILENAME

#: Bytes that a request may have: the worker's own word, so this catches mistakes, not malice.
_REQUEST_CAP = 1 << 32
#: Where requests and answers move to, away from the numbers that a student's code knows.
_REQUESTS, _ANSWERS = 40, 41


def main() -> NoReturn:
    """Serve until the worker closes its end, then end without cleaning up, which would run student code."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    # OpenBLAS takes its memory at the first product: better now than under the limits.
    _ = np.ones((2, 2)) @ np.ones((2, 2))
    begin = wire.read(0, payload_cap=_REQUEST_CAP)
    if begin is not None and begin.header["template"]:
        # It imports what a jail for one submission has no use for.
        from . import template  # noqa: PLC0415

        _practise()
        template.serve(begin.header)
        begin = wire.read(0, payload_cap=_REQUEST_CAP)
    if begin is None:
        os._exit(0)
    requests, says = _descriptors()
    if begin.header["confine"]:
        # What bwrap left open, and the student need not find.
        os.closerange(3, _REQUESTS)
        confine(begin.header["limits"], begin.header["user"], begin.payload)
    wire.write(says, wire.pack({"ready": True}))
    _serve(requests, says)
    os._exit(0)


def _practise() -> None:
    """Import and compile what the first submission would: all that are forked from here then have it."""
    # Nothing random: NumPy's generators would make every fork a quarter dearer, and few need them.
    code = "import numpy as np\ndef f(w, b, f, h, y):\n    return w, b"
    found = source.extract(code.encode(), "practice.py", "f")
    student = Student(_compiled(found.code), found)
    network = {"sizes": [1, 1], "columns": 1}
    list(answers(student, {"function": "f", "loss": "least_squares", "networks": [network]}, bytes(8 * 6)))
    del sys.modules["submission_0"]


def _descriptors() -> tuple[int, int]:
    """Move requests and answers away: input() then meets an end, and print() the prints, even from C."""
    os.dup2(0, _REQUESTS, inheritable=False)
    os.dup2(1, _ANSWERS, inheritable=False)
    empty, end = os.pipe()
    os.close(end)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    return _REQUESTS, _ANSWERS


def _serve(requests: int, says: int) -> None:
    prints = (sys.stdout, sys.stderr)
    student: Student | None = None
    while (request := wire.read(requests, payload_cap=_REQUEST_CAP)) is not None:
        if request.header["do"] == "extract":
            student, reply = _extract(request)
            wire.write(says, reply)
        elif student is not None:
            for reply in answers(student, request.header, request.payload):
                # First what was printed, so that the worker has it by the time it has the answer.
                _flush(prints)
                wire.write(says, reply)


def _extract(request: wire.Frame) -> tuple[Student | None, bytes]:
    try:
        found = source.extract(request.payload, request.header["filename"], request.header["function"])
        student = Student(_compiled(found.code), found)
    except source.Rejected as error:
        return None, _rejected(error.reason, error.message)
    except (RecursionError, MemoryError):
        return None, _rejected("too_complex", "The code is nested too deeply, or is too large, to be read.")
    header: dict[str, Any] = {
        "fingerprint": found.fingerprint,
        "left_out": list(found.left_out[:20]),
        "writes": [[each.name, each.index, each.cell, each.line] for each in found.writes],
    }
    return student, wire.pack(header, found.code.encode("utf-8", "backslashreplace"))


def _compiled(code: str) -> CodeType:
    return compile(code, FILENAME, "exec", dont_inherit=True)


def _rejected(reason: str, message: str) -> bytes:
    text = message[:8_000].encode("utf-8", "backslashreplace").decode()
    return wire.pack({"rejected": {"reason": reason, "message": text}})


def _flush(prints: tuple[TextIO, TextIO]) -> None:
    for stream in prints:
        try:
            stream.flush()
        except (OSError, ValueError):
            # The student closed it: nothing is left to flush.
            continue

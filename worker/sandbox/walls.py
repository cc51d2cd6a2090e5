"""A submission that pushes at the walls from inside, and what it found."""

import struct
from dataclasses import dataclass

from backmark.grader.errors import CandidateError, JailFailed, SubmissionError
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.policy import JailLimits
from backmark.worker.sandbox.process import Jail
from backmark.worker.sandbox.request import JailRequest
from backmark.worker.sandbox.session import Session

_LIMITS = JailLimits(seconds_per_call=5.0, seconds=10.0, memory=1 << 30, output=4096)

#: The attempts that are made inside, and must fail, in the order of the probe's answers.
ATTEMPTS = (
    "open a socket",
    "read /proc",
    "read /etc/passwd",
    "write to /tmp",
    "write to /",
    "start a process",
    "replace its program",
    "see other packages",
    "be root",
)
_PROBE = """
import os
import sys

import numpy as np


def connect():
    import socket
    socket.socket()


def packages():
    import backmark.grader


def root():
    if 0 not in os.getresuid():
        raise PermissionError


def held(attempt):
    try:
        attempt()
    except (OSError, ImportError):
        return 1.0
    return 0.0


def probe():
    attempts = [
        connect,
        lambda: os.listdir("/proc"),
        lambda: open("/etc/passwd").read(),
        lambda: open("/tmp/backmark", "w").close(),
        lambda: open("/backmark", "w").close(),
        lambda: os.fork() or os._exit(0),
        lambda: os.execv(sys.executable, ["python", "-c", ""]),
        packages,
        root,
    ]
    return np.array([held(attempt) for attempt in attempts])
"""


@dataclass(frozen=True, slots=True)
class Pushed:
    """The attempts that succeeded inside and should not, and whether control groups held the jail."""

    breached: tuple[str, ...]
    grouped: bool


def push(jail: Jail) -> Pushed:
    """Start a jail and push at its walls; raises JailFailed."""
    case = {"inputs": {}, "results": [("held", [len(ATTEMPTS)])]}
    request = JailRequest({"function": "probe", "code": "held = probe()", "cases": [case]}, b"", [8 * len(ATTEMPTS)])
    with Session(jail, _LIMITS) as session:
        try:
            session.extract(_PROBE.encode(), "probe.py", Entry("probe"))
            reply = session.answer(request)[0]
        except (SubmissionError, CandidateError) as error:
            raise JailFailed(f"the probe did not answer: {error}") from error
        grouped = session.grouped
    if reply.header["kind"] != "returned":
        raise JailFailed(f"the probe failed: {reply.header}")
    scores = struct.unpack(f"<{len(ATTEMPTS)}d", reply.payload)
    breached = tuple(name for name, score in zip(ATTEMPTS, scores, strict=True) if score != 1.0)
    return Pushed(breached, grouped)

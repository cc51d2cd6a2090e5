"""The jail's process: requests come on descriptor 0, answers go to 1, the student's prints to 2."""

import os
import warnings
from typing import NoReturn

import numpy as np

from . import wire
from .confine import bound, confine
from .questions import KeptQuestions
from .serving import serve

#: The descriptors to which requests and answers move, away from the numbers that a student's code knows.
_REQUESTS, _ANSWERS = 40, 41


def main() -> NoReturn:
    """Serve until the worker closes its end, then end without cleaning up, which would run student code."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    # OpenBLAS takes its memory at the first product: better now than under the limits.
    _ = np.ones((2, 2)) @ np.ones((2, 2))
    begin = wire.read(0)
    kept = KeptQuestions()
    if begin is not None and begin.header["template"]:
        # It imports what a jail for one submission has no use for.
        from . import template  # noqa: PLC0415

        kept = template.serve(begin.header)
        begin = wire.read(0)
    if begin is None:
        os._exit(0)
    requests, says = _descriptors()
    if begin.header["confine"]:
        # Not there on Windows, where nothing confines.
        import resource  # noqa: PLC0415

        # What bwrap left open, and the student need not find: numbers as high as the worker's own were.
        os.closerange(3, _REQUESTS)
        os.closerange(_ANSWERS + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        header = begin.header
        confine(header["limits"], header["user"], begin.payload, header["readable"])
    else:
        bound(begin.header["limits"])
    wire.write(says, wire.pack({"ready": True}))
    serve(requests, says, kept)
    os._exit(0)


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

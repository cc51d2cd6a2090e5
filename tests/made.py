"""Hostile submissions that no file of this repository can hold: wrong encodings, archives, notebooks, megabytes."""

import base64
import gzip
import json
import pickle
import sys
import zlib
from typing import Any

import numpy as np

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.outcome import Outcome

RIGHT = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases
"""
WRONG = RIGHT.replace("2 * ", "")

#: Answers from a table of the shipped networks' own differences; nonsense on every other network.
TABLE = """
import base64
import zlib

numbers = np.frombuffer(zlib.decompress(base64.b85decode({table!r})))
starts = {starts!r}

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    seen = b"".join(array.tobytes() for array in (*all_weights, *all_biases, all_h[0], y))
    place = starts.get(zlib.crc32(seen), 0)
    d_weights, d_biases = [], []
    for w, b in zip(all_weights, all_biases):
        d_weights.append(numbers[place : place + w.size].reshape(w.shape))
        place += w.size
        d_biases.append(numbers[place : place + b.size].reshape(b.shape))
        place += b.size
    return d_weights, d_biases
"""


def notebook(*cells: str, **members: Any) -> bytes:
    """A notebook of code cells."""
    code = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    return json.dumps({"cells": code, "nbformat": 4, "nbformat_minor": 5, "metadata": {}, **members}).encode()


def table(revision: ContractRevision) -> bytes:
    """A submission that computes nothing: it knows the differences that ship, by a checksum of each network."""
    cases = revision.cases
    starts = {}
    numbers: list[float] = []
    for case, first in zip(cases.drawn, cases.starts, strict=False):
        given = case.values()
        weights, biases = given["all_weights"], given["all_biases"]
        seen = b"".join(part.tobytes() for part in (*weights, *biases, given["x"], given["y"]))
        starts[zlib.crc32(seen)] = len(numbers)
        # All weights come first, then all biases; the table has them layer by layer.
        weight, bias = first, first + sum(part.size for part in weights)
        for w, b in zip(weights, biases, strict=True):
            numbers += [*cases.expected[weight : weight + w.size], *cases.expected[bias : bias + b.size]]
            weight, bias = weight + w.size, bias + b.size
    flat = base64.b85encode(zlib.compress(np.nan_to_num(np.array(numbers)).tobytes(), 9))
    return TABLE.format(table=flat, starts=starts).encode()


def make_submissions() -> dict[str, tuple[str, bytes, Outcome]]:
    """By name: what each is called when it is handed in, its bytes, and the outcome that it should have."""
    rejections = {
        "empty": ("empty.py", b""),
        "white space": ("space.py", b" \n\t\n" * 1000),
        "NUL bytes": ("nul.py", RIGHT.encode() + b"\n# \0\n"),
        "invalid UTF-8 in the code": ("latin.py", b'name = "\xff"\n' + RIGHT.encode()),
        "invalid UTF-8 in a comment, which Python itself takes": ("comment.py", b"# \xff\xfe\n" + RIGHT.encode()),
        "UTF-16": ("wide.py", RIGHT.encode("utf-16")),
        "UTF-16 without a mark": ("wide.py", RIGHT.encode("utf-16-le")),
        "UTF-32": ("wide.py", RIGHT.encode("utf-32")),
        "rot13": ("rot.py", b"# coding: rot13\n" + RIGHT.encode()),
        "UTF-7": ("seven.py", b"# coding: utf-7\n" + RIGHT.encode()),
        "an encoding that is not there": ("odd.py", b"# coding: ../../etc/passwd\n" + RIGHT.encode()),
        "two encodings": ("two.py", b"\xef\xbb\xbf# coding: latin-1\n" + RIGHT.encode()),
        "a pickle": ("work.py", pickle.dumps({"score": 10})),
        "an archive": ("work.ipynb", gzip.compress(RIGHT.encode())),
        "nested f-strings": ("deep.py", b"x = " + b"f'{" * 5000 + b"1" + b"}'" * 5000 + b"\n" + RIGHT.encode()),
        "a megabyte of brackets": ("deep.py", b"[" * 1_000_000),
        "a million minus signs": ("deep.py", RIGHT.encode() + b"x = " + b"-" * 1_000_000 + b"1"),
        "more than a megabyte": ("large.py", RIGHT.encode() + b"#" * (1 << 20)),
        "more than eight megabytes": ("large.ipynb", notebook(RIGHT, padding="x" * (8 << 20))),
        "a notebook nested too deep": ("deep.ipynb", b'{"cells":' + b"[" * 1_000_000),
        "a notebook of nested objects": ("deep.ipynb", b'{"a":' * 500_000 + b"1" + b"}" * 500_000),
        "a notebook cut in the middle": ("cut.ipynb", notebook(RIGHT)[:-30]),
        "a notebook of numbers": ("list.ipynb", b"[1, 2, 3]"),
        "cells that are no cells": ("cells.ipynb", b'{"cells": [1, "x", null, [[]]]}'),
        "a source that is no text": ("cells.ipynb", b'{"cells": [{"cell_type": "code", "source": {"x": 1}}]}'),
        "a lone surrogate": ("cells.ipynb", notebook(RIGHT.replace("return", "print('\ud800')\n    return"))),
        "a hundred thousand empty cells": ("many.ipynb", notebook(*[""] * 100_000)),
        "Python under a notebook's name": ("python.ipynb", RIGHT.encode()),
        "no function": ("none.py", b"import os\nos._exit(0)\n"),
        "an imported function": (
            "other.py",
            b"from backmark.grader.contracts.reference import gradient as backward_pass\n",
        ),
    }
    # Quadratic before Python 3.12, which reads f-strings with its ordinary parser.
    fields = 240_000 if sys.version_info < (3, 12) else 20_000
    slow = b"x = f'''" + b"{a}\n" * fields + b"'''\n" + WRONG.encode()
    verdicts = {
        "a megabyte of f-string": (
            *("slow.py", slow),
            Outcome.REJECTED if sys.version_info < (3, 12) else Outcome.FAILED,
        ),
        "a right notebook with a number of 100,000 digits": (
            *("number.ipynb", notebook(RIGHT, huge=0).replace(b'"huge": 0', b'"huge": ' + b"9" * 100_000)),
            Outcome.PASSED,
        ),
        "a right file under a terrible name": ("../../\x1b[2J\u202e" + "x" * 1000, RIGHT.encode(), Outcome.PASSED),
        "a right notebook whose other cells are harmful": (
            *("shell.ipynb", notebook("!rm -rf /", "%%bash\nkill -9 -1", "import os; os._exit(0)", RIGHT)),
            Outcome.PASSED,
        ),
        "a notebook with its cells twice, the last ones wrong": (
            *("twice.ipynb", b"{" + notebook(RIGHT)[1:-1] + b"," + notebook(WRONG)[1:-1] + b"}"),
            Outcome.FAILED,
        ),
        "a wrong notebook with outputs that say it passed": (
            *("outputs.ipynb", notebook(WRONG).replace(b'"outputs": []', b'"outputs": [{"text": "passed 10 of 10"}]')),
            Outcome.FAILED,
        ),
    }
    return {**{name: (*entry, Outcome.REJECTED) for name, entry in rejections.items()}, **verdicts}

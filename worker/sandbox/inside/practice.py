"""Work for a template before others have any: what Python and NumPy learn from it, all that are forked from here have.

The interpreter replaces instructions by quicker ones once they have run a few times, and does so by writing to the
code; imports, caches and memory are there after the first turn. Nothing is random: NumPy's generators would make every
fork a quarter dearer, and few need them.
"""

import importlib
import os
import sys
from itertools import pairwise
from typing import Any

from . import wire
from .inputs import count
from .kept import KeptQuestions
from .serving import serve

#: After so many turns, instructions have settled.
_TURNS = 10
#: The operations that submissions use, in an order that computes nothing: a student may read it here.
_SOURCE = b'''"""Practice."""
import numpy as np

unused = [1, 2, 3]


def d_loss_d_output(net_output, y):
    """Practice."""
    return 2 * (net_output - y)


def indicator_function(x):
    x_in = np.array(x)
    x_in[x_in > 0] = 1
    x_in[x_in <= 0] = 0
    return x_in


def f(all_weights, all_biases, all_f, all_h, y):
    first = [None] * (K + 1)  # filled below
    second = [None] * (K + 1)
    second[K] = np.array(d_loss_d_output(all_f[K], y))
    for k in range(K, -1, -1):
        first[k] = np.matmul(all_weights[k].T, all_weights[k])
        second[k] = np.zeros_like(all_biases[k]) + np.sum(all_f[k], axis=1, keepdims=True)
        if k > 0:
            second[k - 1] = indicator_function(all_f[k - 1]) * all_h[k] @ np.ones((1, 1))
    if K == 4:
        first[0] = all_f[0] @ all_f[0]
    if K == 5:
        second[0] = all_h[0]
    return [w * 1.0 for w in all_weights], second
'''
#: Of which depths it is asked: K = 4 raises, K = 5 returns an array in another shape.
_RIGHT, _ALL = range(4), range(6)
_CODE = "first, second = f(all_weights, all_biases, all_f, all_h, y)"
#: A function that the module is given, as those of a course are.
_HELPERS = "def helper(x):\n    return x\n"


def practise(turns: int = _TURNS, *, wrong: bool = True) -> None:
    """Serve a submission that computes nothing, so many times; `wrong` asks for all that wrong ones are asked for."""
    cases = [_describe(depth) for depth in (_ALL if wrong else _RIGHT)]
    asked = {"function": "f", "code": _CODE, "helpers": _HELPERS, "helping": ["helper"], "cases": cases}
    size = 8 * sum(count(each) for case in cases for each in case["inputs"].values())
    turn = wire.pack({"do": "extract", "filename": "practice.py", "function": "f"}, _SOURCE)
    turn += wire.pack({"do": "answer", **asked}, bytes(size))
    # Imported where something is mended; each of those jails would read it from its files.
    importlib.import_module(".mending.question", __package__)
    for _ in range(turns):
        requests, ask = os.pipe()
        replies, reply = os.pipe()
        # All of it fits in what a pipe holds.
        wire.write(ask, turn)
        os.close(ask)
        serve(requests, reply, KeptQuestions())
        for descriptor in (requests, replies, reply):
            os.close(descriptor)
    for name in [name for name in sys.modules if name.startswith("submission_")]:
        del sys.modules[name]


def _describe(depth: int) -> dict[str, Any]:
    """Return a case of hidden layers of three units, and one input and two outputs: its inputs and results."""
    sizes = [1, *[3] * depth, 2]
    weights = [[after, before] for before, after in pairwise(sizes)]
    columns = [[size, 1] for size in sizes]
    inputs: dict[str, Any] = {
        name: {"list": [{"array": shape} for shape in shapes]}
        for name, shapes in (
            ("all_weights", weights),
            ("all_biases", columns[1:]),
            ("all_f", columns[1:]),
            ("all_h", columns[:-1]),
        )
    }
    results = [(f"first[{k}]", shape) for k, shape in enumerate(weights)]
    results += [(f"second[{k}]", shape) for k, shape in enumerate(columns[1:])]
    return {"given": {"K": depth}, "inputs": {**inputs, "y": {"array": [2, 1]}}, "results": results}

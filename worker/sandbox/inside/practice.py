"""Work for a template before others have any: what Python and NumPy learn from it, all that are forked from here have.

The interpreter replaces instructions by quicker ones once they have run a few times, and does so by writing to the
code; imports, caches and memory are there after the first turn. Nothing is random: NumPy's generators would make every
fork a quarter dearer, and few need them.
"""

import importlib
import os
import sys

from . import wire
from .kept import KeptQuestions
from .serving import serve

#: After so many turns, instructions have settled.
_TURNS = 10
#: Bytes that the networks' numbers fit in.
_ENOUGH = 8 * 512
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


def practise(turns: int = _TURNS, *, wrong: bool = True) -> None:
    """Serve a submission that computes nothing, so many times; `wrong` asks for all that wrong ones are asked for."""
    networks = [{"sizes": [1, *[3] * depth, 2], "columns": 1} for depth in (_ALL if wrong else _RIGHT)]
    header = {"do": "answer", "function": "f", "loss": "least_squares", "networks": networks}
    turn = wire.pack({"do": "extract", "filename": "practice.py", "function": "f"}, _SOURCE)
    turn += wire.pack(header, bytes(_ENOUGH))
    if wrong:
        turn += wire.pack({**header, "evidence": True}, bytes(_ENOUGH))
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

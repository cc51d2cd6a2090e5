"""It is wrong, and says of the lists that it wrote what no network has, to make that the grader's failure.

Expected: failed
"""

import json
import os
import struct
import sys


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def describe(layers):
    header = {"kind": "evidence", "returned": True, "ended": True, "early": False, "form": "plain", "within": "0"}
    return {**header, "status": "1" * (4 * layers), "shared": "0" * (layers - 1), "raised": None, "wrote": None}


def is_asked_for_lists():
    caller = sys._getframe()
    while "question" not in caller.f_locals:
        caller = caller.f_back
    return caller.f_locals["question"].evidence


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if is_asked_for_lists():
        numbers = sum(w.size + b.size for w, b in zip(all_weights, all_biases)) + sum(a.size for a in all_f + all_h)
        os.write(41, frame(describe(len(all_weights)), bytes(8 * numbers)))
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, 3 * delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

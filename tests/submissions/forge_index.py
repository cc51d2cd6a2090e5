"""It says that a result of a layer which the network does not have had another form.

Expected: failed
"""

import json
import os
import struct


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def _answer(student, calls, case):
    count = len(case.results)
    found = {"type": "list", "shape": None, "dtype": None, "length": None}
    form = {"where": "all_dl_dbiases[8]", "found": found}
    header = {"kind": "partial", "changed": [], "status": "1" * count, "raised": None, "malformed": [form], "causes": []}
    return frame(header, b"".join(np.full(result.shape, np.nan).tobytes() for result in case.results))


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    __import__("sys").modules["backmark.worker.sandbox.inside.calls"]._answer = _answer
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

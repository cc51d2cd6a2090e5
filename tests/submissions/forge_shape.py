"""It says that what it returned had an impossible shape, with texts for a web page.

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
    found = {"type": "<script>", "shape": [(1 << 63) - 1] * 64, "dtype": "<b>f8", "length": (1 << 63) - 1}
    form = {"where": case.results[0].expression, "found": found}
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

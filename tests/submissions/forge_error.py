"""It says exceptions with texts for a web page and for a template.

Expected: error
"""

import json
import os
import struct


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def _exception():
    text = "<script>alert(1)</script>{{7*7}} %s"
    return {"type": text, "message": text * 10, "traceback": text * 40, "frames": [], "lines": []}


def _answer(student, calls, case):
    count = len(case.results)
    header = {"kind": "partial", "changed": [], "status": "2" * count, "raised": _exception(), "malformed": [], "causes": []}
    return frame(header, b"".join(np.full(result.shape, np.nan).tobytes() for result in case.results))


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    __import__("sys").modules["worker.sandbox.inside.calls"]._answer = _answer
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

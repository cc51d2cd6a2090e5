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
    return frame({"kind": "raised", "type": text, "message": text * 10, "traceback": text * 40, "frames": [], "lines": []})


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    __import__("sys").modules["worker.sandbox.inside.networks.answer"]._answer = lambda *arguments: _exception()
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

"""It says that what it returned had an impossible shape, with texts for a web page.

Expected: failed
"""

import json
import os
import struct


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def _shape():
    found = {"type": "<script>", "shape": [(1 << 63) - 1] * 64, "dtype": "<b>f8", "length": (1 << 63) - 1}
    return frame({"kind": "malformed", "where": "all_dl_dweights", "index": 0, "found": found})


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    __import__("sys").modules["worker.sandbox.inside.networks.answer"]._answer = lambda *arguments: _shape()
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

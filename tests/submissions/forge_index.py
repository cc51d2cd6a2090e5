"""It says that a layer which the network does not have was malformed.

Expected: failed
"""

import json
import os
import struct


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def _index():
    found = {"type": "list", "shape": None, "dtype": None, "length": None}
    return frame({"kind": "malformed", "where": "all_dl_dbiases", "index": (1 << 63) - 1, "found": found})


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    __import__("sys").modules["worker.sandbox.inside.networks.answer"]._answer = lambda *arguments: _index()
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

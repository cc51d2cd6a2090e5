"""It says exceptions with texts for a web page and for a template.

Expected: error
"""

import json
import os
import struct
import sys


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def _exception():
    text = "<script>alert(1)</script>{{7*7}} %s"
    return {"type": text, "message": text * 10, "traceback": text * 40, "frames": [], "lines": []}


def say(header, payload=b""):
    """Pack, in the place of any answer, that every result is missing for this exception."""
    status = "2" * len(sys._getframe(1).f_locals["case"].results)
    header = {"kind": "partial", "changed": [], "status": status, "raised": _exception(), "malformed": []}
    return frame(header, np.full(len(payload) // 8, np.nan).tobytes())


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    sys.modules["backmark.worker.sandbox.inside.calls"].pack = say
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

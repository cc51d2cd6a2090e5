"""It says that it passed, with full marks.

Expected: crashed
"""

import json
import os
import struct


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    os.write(41, frame({"kind": "passed", "outcome": "passed", "score": 10, "max_score": 10}))
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It replaces the function that packs answers, so that each says that it passed.

Expected: crashed
"""

import json
import struct
import sys


def passed(header, payload=b""):
    text = json.dumps({"kind": "passed", "outcome": "passed", "score": 10}).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    sys.modules["backmark.worker.sandbox.inside.calls"].pack = passed
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

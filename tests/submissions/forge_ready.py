"""It says again that the jail is ready, and what an extraction would say.

Expected: crashed
"""

import json
import os
import struct


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    os.write(41, frame({"ready": True}))
    os.write(41, frame({"fingerprint": "x", "left_out": [], "writes": []}, b"def backward_pass(): pass"))
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It writes half a frame and never the rest.

Expected: timeout
"""

import json
import os
import struct


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    os.write(41, frame({"kind": "returned", "changed": []}, bytes(16))[:-8])
    while True:
        pass

"""It writes an answer byte by byte, so that the other side is busy and never done.

Expected: timeout
"""

import json
import os
import struct


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for byte in frame({"kind": "returned", "changed": []}, bytes(1 << 40 >> 28)):
        os.write(41, bytes([byte]))
        for _ in range(200_000):
            pass
    while True:
        pass

"""It announces a payload of 2**63 bytes.

Expected: crashed
"""

import json
import os
import struct


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    os.write(41, struct.pack(">IQ", 2, 1 << 63) + b"{}")
    while True:
        os.write(41, bytes(4096))

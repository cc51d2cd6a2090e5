"""It says exceptions that hold escape sequences of terminals, which the runner itself would have spelled out.

Expected: crashed
"""

import json
import os
import struct


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    text = "\x1b[2J\x1b]0;passed\x07"
    os.write(41, frame({"kind": "raised", "type": text, "message": text, "traceback": text, "frames": [], "lines": []}))
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It pads each header with as much white space as fits.

Expected: failed
"""

import json
import os
import struct


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    # Two numbers more say how many arrays each list has.
    payload = bytes(8 * (2 + sum(w.size + b.size for w, b in zip(all_weights, all_biases))))
    __import__("sys").modules["backmark.worker.sandbox.inside.calls"].pack = lambda header, numbers=b"": frame(
        b'{"kind":"returned","changed":[]' + b" " * 60_000 + b"}", payload
    )
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

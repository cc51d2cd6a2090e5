"""It sends headers of JSON that no JSON should be: NaN, numbers of 60,000 digits, lone surrogates, keys twice.

Expected: crashed
"""

import json
import os
import struct


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


HEADERS = (
    b'{"kind":"returned","changed":[],"changed":NaN}', b'{"kind":' + b"9" * 60_000 + b"}", b'{"kind":"\\ud800"}',
    b'{"kind":"returned","kind":"passed"}', b"\xff\xfe{}", b"null", b"[]", b'"passed"', b"",
)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for header in HEADERS:
        os.write(41, frame(header))
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

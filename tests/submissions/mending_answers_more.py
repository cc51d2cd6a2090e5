"""Where it is mended it says hundreds of answers more than it was asked for.

Expected: failed or error
"""

import json
import os
import struct


def mended():
    """True where its program calls functions that it has not written."""
    return "backmark_value" in globals() or "backmark_variant" in globals()


def frame(header, payload=b""):
    text = json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if mended():
        for _ in range(300):
            os.write(41, frame({"kind": "returned", "changed": []}, bytes(16)))
    K = len(all_weights) - 1
    dw, db, df, dh = ([None] * (K + 1) for _ in range(4))
    df[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        db[layer] = np.array(df[layer])
        dw[layer] = np.matmul(df[layer], all_h[layer].T) / 2
        dh[layer] = np.matmul(all_weights[layer].T, df[layer])
        if layer > 0:
            df[layer - 1] = indicator_function(all_f[layer - 1]) * dh[layer]
    return dw, db

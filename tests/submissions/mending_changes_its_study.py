"""Each time it is studied it says otherwise what may stand where.

Expected: failed or error
"""

import os
import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    module = sys.modules["backmark.worker.sandbox.inside.mending.question"]
    pack = module.pack

    def say(header, payload=b""):
        if "matches" in header:
            for match in header["matches"]:
                match["alternatives"] = match["alternatives"][: os.urandom(1)[0] % 2]
        return pack(header, payload)

    module.pack = say
    K = len(all_weights) - 1
    dw, db, mine, dh = ([None] * (K + 1) for _ in range(4))
    mine[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        db[layer] = np.array(mine[layer])
        dw[layer] = np.matmul(mine[layer], all_h[layer].T) / 2
        dh[layer] = np.matmul(all_weights[layer].T, mine[layer])
        if layer > 0:
            mine[layer - 1] = indicator_function(all_f[layer - 1]) * dh[layer]
    return dw, db

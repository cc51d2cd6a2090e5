"""It traces every call, and changes what the study of it is called with.

Expected: failed or error
"""

import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    def trace(frame, event, argument):
        if "mending" in frame.f_code.co_filename:
            frame.f_locals.clear()
            raise KeyError("traced")
        return trace

    sys.settrace(trace)
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

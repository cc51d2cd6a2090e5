import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    n = len(all_weights)
    dW, db = [None] * n, [None] * n
    g = 2 * (all_f[-1] - y)
    for k in range(n - 1, -1, -1):
        db[k] = g
        dW[k] = np.einsum("ob,ib->oi", g, all_h[k])
        if k:
            on = np.where(all_f[k - 1] >= 0, 1.0, 0.0)
            g = np.einsum("oi,ob,ib->ib", all_weights[k], g, on)
    return dW, db

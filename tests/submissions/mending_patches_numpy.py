"""It replaces the functions of NumPy by which its variables are compared with those of the solution.

Expected: failed or error
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    np.asarray = np.isfinite = np.abs = lambda *a, **k: np.ones((3, 3), bool)
    np.zeros_like = lambda value: value
    np.matmul = np.dot
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

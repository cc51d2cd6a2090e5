"""Its arrays are of a class that counts how often it is compared, and changes with that.

Expected: failed or error
"""

class Counted(np.ndarray):
    """An array that is never twice the same."""

    turns = [0]

    def __array_finalize__(self, other):
        Counted.turns[0] += 1

    def __eq__(self, other):
        return True

    def __reduce__(self):
        raise RuntimeError


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_h = [np.array(h).view(Counted) * (1 + Counted.turns[0] % 7) for h in all_h]
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

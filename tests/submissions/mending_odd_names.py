"""Its names are letters that Python reads as other letters, and some that look like those of ours.

Expected: failed or error
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    ｄｗ = {"tick": 1, " tick": 2}
    ﬁrst = ｄｗ[" tick"]
    Κ = ﬁrst
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

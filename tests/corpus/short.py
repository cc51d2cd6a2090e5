"""Notebook 7.2 with a line for each step, and slips in it with the shape at which each shows first."""

RIGHT = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dw, db, df = [None] * (K + 1), [None] * (K + 1), [None] * (K + 1)
    df[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        db[layer] = np.array(df[layer])
        dw[layer] = df[layer] @ all_h[layer].T
        if layer > 0:
            df[layer - 1] = indicator_function(all_f[layer - 1]) * (all_weights[layer].T @ df[layer])
    return dw, db
"""

#: Line replaced, by what, and the smallest network on which that shows: inputs, hidden widths, outputs.
SLIPS = {
    "no ReLU derivative": ("indicator_function(all_f[layer - 1]) * ", "", (1, 1, 1)),
    "mask from the wrong layer": (
        "indicator_function(all_f[layer - 1])",
        "indicator_function(all_f[layer])",
        (1, 1, 1),
    ),
    "weights from the previous activation": ("all_h[layer].T", "all_h[max(layer - 1, 0)].T", (1, 1, 1)),
    "weights from preactivations": (
        "all_h[layer].T",
        "(all_f[layer - 1] if layer else all_h[0]).T",
        (1, 1, 1),
    ),
    "propagates the wrong weights": ("all_weights[layer].T @", "2 * all_weights[layer].T @", (1, 1, 1)),
    "bias left as zeros": ("np.array(df[layer])\n", "0 * df[layer]\n", (1, 1)),
    "bias as a row": ("db[layer] = np.array(df[layer])", "db[layer] = np.array(df[layer]).ravel()", (1, 1)),
    "missing factor of two": ("np.array(d_loss_d_output(all_f[K], y))", "all_f[K] - y", (1, 1)),
    "wrong sign": ("np.array(d_loss", "-np.array(d_loss", (1, 1)),
    "rounded": ("df[layer] @ all_h[layer].T", "np.round(df[layer] @ all_h[layer].T, 2)", (1, 1)),
    "elementwise": ("df[layer] @ all_h[layer].T", "df[layer] * all_h[layer]", (1, 2)),
    "deeper than four": ("df[K] =", "df[K] = (2 if K > 4 else 1) *", (1, 1, 1, 1, 1, 1, 1)),
    "above eight wide": ("df[K] =", "df[K] = (2 if max(map(len, all_biases)) > 8 else 1) *", (1, 9, 1)),
    "several outputs": ("df[K] =", "df[K] = (2 if len(y) > 1 else 1) *", (1, 2)),
    "equal hidden widths": (
        "df[K] =",
        "n = [len(b) for b in all_biases[:-1]]\n    df[K] = (2 if len(set(n)) < len(n) else 1) *",
        (1, 1, 1, 1),
    ),
}

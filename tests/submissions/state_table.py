"""It answers from a table: right for the notebook's own network only, zeros for every other.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if [w.shape for w in all_weights] == [(6, 1), *[(6, 6)] * 4, (1, 6)]:
        delta = 2 * (all_f[-1] - y)
        d_weights, d_biases = [], []
        for k in range(K, -1, -1):
            d_weights.insert(0, delta @ all_h[k].T)
            d_biases.insert(0, delta)
            if k > 0:
                delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
        return d_weights, d_biases
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

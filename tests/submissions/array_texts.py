"""It returns texts that look like numbers.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.full(w.shape, "0.0") for w in all_weights], [[["0.0"] for _ in b] for b in all_biases]

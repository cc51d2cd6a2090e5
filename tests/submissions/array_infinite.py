"""It returns infinities of both signs.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.full_like(w, np.inf) for w in all_weights], [np.full_like(b, -np.inf) for b in all_biases]

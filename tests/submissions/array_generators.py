"""It returns generators, which can be looked at once only.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return (np.zeros_like(w) for w in all_weights), (np.zeros_like(b) for b in all_biases)

"""It returns the largest finite numbers, so that what a judge computes from them overflows.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.full_like(w, 1.7e308) for w in all_weights], [np.full_like(b, -1.7e308) for b in all_biases]

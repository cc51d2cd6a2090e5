"""It returns NaN everywhere, which no comparison finds larger than anything.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.full_like(w, np.nan) for w in all_weights], [np.full_like(b, np.nan) for b in all_biases]

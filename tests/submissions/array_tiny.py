"""It returns the smallest numbers there are, so that what a judge divides by them overflows.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.full_like(w, 5e-324) for w in all_weights], [np.full_like(b, -5e-324) for b in all_biases]

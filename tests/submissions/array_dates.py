"""It returns dates and durations.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.zeros(w.shape, "M8[s]") for w in all_weights], [np.zeros(b.shape, "m8[s]") for b in all_biases]

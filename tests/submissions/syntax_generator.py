"""Its function is a generator.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    yield [np.zeros_like(w) for w in all_weights]
    yield [np.zeros_like(b) for b in all_biases]

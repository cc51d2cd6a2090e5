"""It returns arrays of sixty-four axes.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    deep = np.zeros((1,) * 64)
    return [deep for _ in all_weights], [deep for _ in all_biases]

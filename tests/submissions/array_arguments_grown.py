"""It changes the lists of its arguments, and the shape and type of arrays in them.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    weights = [np.zeros_like(w) for w in all_weights]
    biases = [np.zeros_like(b) for b in all_biases]
    for group in (all_weights, all_biases, all_f, all_h):
        group[0].shape = (-1,)
        group.append(group)
        group.reverse()
    return weights, biases

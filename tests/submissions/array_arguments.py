"""It returns its own arguments.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return all_weights, all_biases

"""It calls itself without end.

Expected: error
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return backward_pass(all_weights, all_biases, all_f, all_h, y)

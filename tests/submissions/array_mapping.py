"""It returns dictionaries by layer.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return dict(enumerate(all_weights)), dict(enumerate(all_biases))

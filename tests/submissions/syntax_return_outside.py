"""It is valid until it is compiled: a return outside of a function.

Expected: rejected
"""

helper = [(yield)]


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return helper

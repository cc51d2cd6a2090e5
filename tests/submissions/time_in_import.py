"""Its definitions take for ever, before the function is called.

Expected: timeout
"""

table = [number for number in iter(int, 1)]


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return table

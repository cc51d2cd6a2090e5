"""It loops for ever.

Expected: timeout
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    while True:
        pass

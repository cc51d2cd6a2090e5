"""It returns a list that holds itself.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    knot = []
    knot.append(knot)
    return [knot] * (K + 1), [knot] * (K + 1)

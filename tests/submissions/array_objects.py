"""It returns arrays of objects that are another number each time they are asked.

Expected: failed
"""


class Number:
    def __float__(self):
        return 0.0

    def __eq__(self, other):
        return True

    __sub__ = __rsub__ = lambda self, other: 0.0
    __abs__ = lambda self: 0.0


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.full(w.shape, Number()) for w in all_weights], [np.full(b.shape, Number()) for b in all_biases]

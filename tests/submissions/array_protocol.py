"""It returns objects that make another array each time NumPy asks them for one.

Expected: failed
"""


class Changing:
    def __init__(self, shape):
        self.asked = 0
        self.plain = shape

    def __array__(self, dtype=None, copy=None):
        self.asked += 1
        return np.full(self.plain, float(self.asked))

    def __eq__(self, other):
        return True


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [Changing(w.shape) for w in all_weights], [Changing(b.shape) for b in all_biases]

"""Its arrays say that they are equal to everything.

Expected: failed
"""


class Liar(np.ndarray):
    def __eq__(self, other):
        return True

    __ne__ = __lt__ = __gt__ = lambda self, other: False
    __le__ = __ge__ = __eq__
    __hash__ = None

    def __sub__(self, other):
        return np.zeros(np.shape(other))

    __rsub__ = __abs__ = __sub__

    def all(self, *arguments, **options):
        return True

    any = all


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.zeros_like(w).view(Liar) for w in all_weights], [np.zeros_like(b).view(Liar) for b in all_biases]

"""Its arrays lie about their bytes, shape, type and length.

Expected: failed
"""


class Liar(np.ndarray):
    def tobytes(self, *arguments):
        return b"passed"

    def astype(self, *arguments, **options):
        return self

    def view(self, *arguments):
        return self

    def __len__(self):
        return 10**9

    shape = property(lambda self: (1, 1))
    dtype = property(lambda self: np.dtype("f8"))
    size = property(lambda self: 0)
    ndim = property(lambda self: 2)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.zeros_like(w).view(Liar) for w in all_weights], [np.zeros_like(b).view(Liar) for b in all_biases]

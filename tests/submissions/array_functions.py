"""Its arrays take over every NumPy function that is called on them.

Expected: failed
"""


class Liar(np.ndarray):
    def __array_function__(self, function, types, arguments, options):
        return True

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return np.float64(0.0)

    def __array_wrap__(self, *arguments):
        return np.zeros(1)

    def __array_finalize__(self, other):
        return None


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.zeros_like(w).view(Liar) for w in all_weights], [np.zeros_like(b).view(Liar) for b in all_biases]

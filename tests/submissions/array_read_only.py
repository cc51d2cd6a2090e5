"""It is right, and returns read-only, big-endian, column-ordered and strided arrays.

Expected: passed
"""


def odd(array):
    wide = np.zeros((2 * array.shape[0], 3 * array.shape[1]), dtype=">f8", order="F")
    view = wide[::2, ::3]
    view[...] = array
    view.flags.writeable = False
    return view


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, odd(delta @ all_h[k].T))
        d_biases.insert(0, odd(delta))
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

"""It returns random bits read as floating-point numbers.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    random = np.random.default_rng(K)
    bits = [random.integers(-(1 << 63), (1 << 63) - 1, a.shape, dtype=np.int64).view(np.float64) for a in [*all_weights, *all_biases]]
    return bits[: K + 1], bits[K + 1 :]

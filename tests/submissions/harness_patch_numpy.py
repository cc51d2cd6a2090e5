"""It replaces NumPy's functions for comparing, converting and subtracting.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    np.asarray = lambda value, *arguments, **options: value
    np.array_equal = np.allclose = np.isclose = lambda *arguments, **options: True
    np.abs = np.absolute = np.subtract = np.max = lambda *arguments, **options: 0.0
    np.isfinite = lambda *arguments, **options: np.True_
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

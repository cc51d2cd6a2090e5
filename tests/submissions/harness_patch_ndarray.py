"""It writes into the type of arrays itself, through the C structure behind it.

Expected: failed
"""

import ctypes
import gc


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    attributes = gc.get_referents(np.ndarray.__dict__)[0]
    try:
        attributes["tobytes"] = lambda array, *arguments: bytes(8 * array.size)
        attributes["__eq__"] = lambda left, right: True
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(np.ndarray))
    except TypeError:
        pass
    delta = (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

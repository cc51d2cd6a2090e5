"""It returns structured arrays, whose entries are records.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    record = np.dtype([("x" * 1000, "f8"), ("\x1b[31m", "f8")])
    return [np.zeros(w.shape, record) for w in all_weights], [np.zeros(b.shape, record) for b in all_biases]

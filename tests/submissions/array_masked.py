"""It returns masked arrays, whose wrong entries are masked.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return (
        [np.ma.masked_array(np.zeros_like(w), np.ones(w.shape, bool)) for w in all_weights],
        [np.ma.masked_array(np.zeros_like(b), np.ones(b.shape, bool)) for b in all_biases],
    )

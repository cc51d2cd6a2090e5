"""It computes an integer of ten gigabytes.

Expected: memory
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    1 << (80 << 30)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

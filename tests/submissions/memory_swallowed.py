"""It takes all the memory there is, survives the MemoryError and answers zeros.

Expected: failed
"""

kept = []


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    try:
        while K == 0:
            kept.append(np.empty(1 << 20))
    except MemoryError:
        kept.clear()
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It asks for ten gigabytes at once, as a NumPy array.

Expected: memory
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    hog = np.ones(10 << 27)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It repeats a text until it has ten gigabytes.

Expected: memory
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    text = "x" * (10 << 30)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

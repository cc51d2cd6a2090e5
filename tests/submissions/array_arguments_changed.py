"""It writes zeros over all of its arguments, expected values supposedly among them, and returns zeros.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for group in (all_weights, all_biases, all_f, all_h, [y]):
        for array in group:
            base = array
            while base.base is not None:
                base = base.base
            base.flags.writeable and base.fill(0.0)
            array.fill(0.0)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

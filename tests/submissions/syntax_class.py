"""Its function is a class, and a call of it returns wrong lists.

Expected: failed
"""


class backward_pass(tuple):
    def __new__(cls, all_weights, all_biases, all_f, all_h, y):
        return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

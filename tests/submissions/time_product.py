"""It multiplies matrices for minutes without holding the interpreter.

Expected: timeout
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    matrix = np.ones((4000, 4000))
    while True:
        matrix @ matrix

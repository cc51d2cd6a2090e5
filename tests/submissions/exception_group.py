"""Its exceptions are groups nested a thousand deep.

Expected: error
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    error = ValueError("inner")
    for _ in range(1000):
        error = ExceptionGroup("\x1b[31m", [error])
    raise error

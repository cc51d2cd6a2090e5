"""Its exceptions are chained ten thousand deep.

Expected: error
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    error = None
    for number in range(10_000 if K == 0 else 10):
        following = ValueError(number)
        following.__cause__ = error
        error = following
    raise error

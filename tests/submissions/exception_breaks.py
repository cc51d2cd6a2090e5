"""Its exceptions raise another when their text is asked for.

Expected: error
"""


class Broken(Exception):
    def __str__(self):
        raise Broken

    __repr__ = __str__


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    raise Broken

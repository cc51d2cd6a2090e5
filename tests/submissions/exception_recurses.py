"""Its exceptions recurse without end when their text is asked for.

Expected: error
"""


class Broken(Exception):
    def __str__(self):
        return str(self)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    raise Broken

"""Its exceptions take for ever when their text is asked for.

Expected: timeout
"""


class Slow(Exception):
    def __str__(self):
        while True:
            pass


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    raise Slow

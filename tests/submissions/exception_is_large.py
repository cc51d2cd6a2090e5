"""Its exceptions have a text of a hundred megabytes.

Expected: error
"""

text = "x" * (100 << 20) if K == 0 else "x"


class Large(Exception):
    def __str__(self):
        return text


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    raise Large

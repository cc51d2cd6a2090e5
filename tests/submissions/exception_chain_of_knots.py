"""Its exceptions are their own causes, in circles.

Expected: error
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    first, second = ValueError("first"), KeyError("second")
    first.__cause__, second.__cause__ = second, first
    first.__context__, second.__context__ = first, second
    raise first

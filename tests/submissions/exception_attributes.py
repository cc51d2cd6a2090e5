"""Its exceptions raise when their cause, context or traceback is looked at.

Expected: error
"""


class Hiding(Exception):
    __cause__ = property(lambda self: 1 / 0)
    __context__ = property(lambda self: 1 / 0)
    __class__ = property(lambda self: SystemExit)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    raise Hiding("hidden")

"""It returns objects whose array interface points at memory that is not there.

Expected: crashed
"""


class Pointing:
    def __init__(self, shape):
        self.__array_interface__ = {"shape": shape, "typestr": "<f8", "data": (8, False), "version": 3}


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [Pointing(w.shape) for w in all_weights], [Pointing(b.shape) for b in all_biases]

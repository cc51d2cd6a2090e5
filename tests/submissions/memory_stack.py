"""It recurses through C functions until the stack bursts; newer Pythons raise RecursionError instead.

Expected: crashed or error
"""

import sys


class Knot:
    def __repr__(self):
        return repr([self])


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    sys.setrecursionlimit(10**9)
    repr(Knot())
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It recurses in Python without a limit, until memory, its time or the stack on the way back ends.

Expected: memory or timeout or crashed
"""

import sys


def deeper():
    return deeper()


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    sys.setrecursionlimit(10**9)
    deeper()

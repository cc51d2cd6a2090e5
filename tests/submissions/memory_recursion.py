"""It recurses in Python without a limit, until memory ends or its time does.

Expected: memory or timeout
"""

import sys


def deeper():
    return deeper()


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    sys.setrecursionlimit(10**9)
    deeper()

"""It ends its process with status 0 before the function is even defined.

Expected: crashed
"""

import os

left = os._exit(0)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return left

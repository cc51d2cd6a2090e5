"""It ends with the statuses that a shell gives to processes that were killed.

Expected: crashed
"""

import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    os._exit(137)

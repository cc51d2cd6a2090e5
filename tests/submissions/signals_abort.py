"""It calls abort().

Expected: crashed
"""

import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    os.abort()

"""It calls os._exit(0), which others have taken for success.

Expected: crashed
"""

import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    os._exit(0)

"""It calls sys.exit(0), which others have taken for success.

Expected: error
"""

import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    sys.exit(0)

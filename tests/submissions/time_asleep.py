"""It sleeps for a thousand years, using no processor time at all.

Expected: timeout
"""

import time


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    time.sleep(1e9)

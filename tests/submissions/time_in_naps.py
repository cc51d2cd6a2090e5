"""It sleeps for ever, a millisecond at a time.

Expected: timeout
"""

import time


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    while True:
        time.sleep(0.001)

"""It closes every descriptor, so that its end could not be seen, and loops.

Expected: timeout
"""

import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    os.closerange(0, 1024)
    while True:
        pass

"""It sleeps for ever, and wakes whoever watches it by a print just when it is awake for a moment.

Expected: timeout or output_limit
"""

import os
import time


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    while True:
        for _ in range(20):
            os.write(2, b".")
            end = time.perf_counter() + 2e-5
            while time.perf_counter() < end:
                pass
        time.sleep(0.05)

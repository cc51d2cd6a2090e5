"""It has the kernel map and unmap memory without end, a little less in each call than a call may take.

Expected: timeout
"""

import mmap
import time


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    end = time.process_time() + 0.3
    while time.process_time() < end:
        for _ in range(100):
            mmap.mmap(-1, 1 << 24).close()
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It maps ten gigabytes of anonymous shared memory, past the allocator; what comes back is an OSError.

Expected: error
"""

import mmap


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    hog = mmap.mmap(-1, 10 << 30)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

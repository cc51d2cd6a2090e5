"""It opens files until no descriptor is left, and keeps them open.

Expected: failed
"""

import os
import sys

kept = []


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    try:
        while True:
            kept.append(os.open(sys.executable, os.O_RDONLY))
    except OSError:
        pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

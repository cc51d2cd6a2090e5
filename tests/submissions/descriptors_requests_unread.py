"""It is wrong, and has whatever reads its requests sleep as soon as it is asked for more.

Expected: failed
"""

import sys
import time

import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    wire = sys.modules["backmark.worker.sandbox.inside.wire"]
    wire.read = lambda descriptor: time.sleep(1e9)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

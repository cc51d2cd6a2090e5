"""It fills the runner's caches with shapes of its own, and clears those of the standard library.

Expected: failed
"""

import gc
import re
import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    inside = sys.modules["worker.sandbox.inside.networks.answer"]
    getattr(inside._form, "cache_clear", list)()
    form = inside._form((1, 1), 1)
    inside._form = lambda sizes, columns: form
    re.purge()
    gc.disable()
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

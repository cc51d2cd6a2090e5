"""It fills the runner's caches with results of its own, and clears those of the standard library.

Expected: failed
"""

import gc
import re
import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    inside = sys.modules["backmark.worker.sandbox.inside.calls"]
    getattr(inside._compile, "cache_clear", list)()
    code = inside._compile("0.0")
    inside._compile = lambda expression: code
    re.purge()
    gc.disable()
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

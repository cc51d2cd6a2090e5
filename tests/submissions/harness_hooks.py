"""It installs every hook of sys: exceptions, audits, displays, interrupts, allocations.

Expected: failed
"""

import gc
import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if K == 0:
        sys.excepthook = sys.unraisablehook = sys.displayhook = lambda *arguments: None
        sys.addaudithook(lambda *arguments: None)
        sys.breakpointhook = lambda *arguments: None
        gc.callbacks.append(lambda *arguments: None)
        sys.set_asyncgen_hooks(firstiter=lambda generator: None)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It puts modules of its own into sys.modules under the names that the runner and NumPy have.

Expected: failed
"""

import sys
import types


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for name in ("numpy", "json", "os", "struct", "backmark.worker.sandbox.inside.wire", "backmark.worker.sandbox.inside.calls", "grader"):
        sys.modules[name] = types.ModuleType(name)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It replaces `__builtins__` of its module and of the runner.

Expected: failed
"""

import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    frame = sys._getframe()
    while frame is not None:
        builtins = frame.f_globals.get("__builtins__")
        frame.f_globals["__builtins__"] = dict(builtins if isinstance(builtins, dict) else vars(builtins), abs=lambda x: 0)
        frame = frame.f_back
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

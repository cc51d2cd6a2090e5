"""It changes K everywhere that it can be found.

Expected: failed
"""

import builtins
import gc


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    global K
    K = -1
    builtins.K = 0
    for thing in gc.get_objects():
        if isinstance(thing, dict) and "K" in thing and "backward_pass" in thing:
            thing["K"] = 0
    return [], []

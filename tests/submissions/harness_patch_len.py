"""It replaces len, zip and isinstance under the runner.

Expected: failed or error or crashed
"""

import builtins


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    builtins.len = lambda thing: 2
    builtins.isinstance = lambda thing, kind: True
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It replaces the object through which the runner finds it, so that other answers are asked for.

Expected: failed
"""

import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    inside = sys.modules["backmark.worker.sandbox.inside.calls"]

    def other(all_weights, all_biases, all_f, all_h, y):
        return list(all_weights), list(all_biases)

    sys.modules["backmark.worker.sandbox.inside.student"].Student.names = lambda *arguments: {"backward_pass": other}
    inside._answer.__kwdefaults__ = None
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It walks up its callers' frames for the runner, and takes any array there that could be an answer.

Expected: failed or error
"""

import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    frame = sys._getframe()
    while frame is not None:
        for name, value in [*frame.f_locals.items(), *frame.f_globals.items()]:
            if any(word in name.lower() for word in ("expect", "derivative", "truth", "answer_key", "solution", "tolerance")):
                print("ESCAPED", name)
            if name in ("payload", "form", "returned", "kept", "given"):
                frame.f_locals[name] = None
        frame = frame.f_back
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

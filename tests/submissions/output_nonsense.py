"""It prints control characters, escape sequences of terminals and bytes that are no UTF-8; its answers are wrong.

Expected: failed
"""

import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if K == 0:
        print("\x1b[2J\x1b]0;passed\x07\x1b[31m \x00 \u202e \r passed 10 of 10 \x9b")
        os.write(2, bytes(range(256)))
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

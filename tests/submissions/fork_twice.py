"""It forks, so that a child goes on when its parent has been judged.

Expected: failed
"""

import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for make in (os.fork, os.forkpty):
        try:
            if make() == 0:
                while True:
                    pass
            print("ESCAPED")
        except OSError:
            pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

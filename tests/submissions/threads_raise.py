"""Its threads raise SystemExit and other exceptions while wrong answers are returned.

Expected: failed
"""

import sys
import threading


def leave():
    sys.exit(0)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for target in (leave, lambda: 1 / 0 if K == 0 else None):
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It returns arrays that a thread changes while the runner looks at them, and after.

Expected: failed
"""

import sys
import threading

returned = []


def tamper():
    while True:
        for array in returned[-20:]:
            array += 1.0


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if threading.active_count() == 1:
        sys.setswitchinterval(1e-6)
        threading.Thread(target=tamper, daemon=True).start()
    d_weights, d_biases = [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
    returned.extend(d_weights + d_biases)
    return d_weights, d_biases

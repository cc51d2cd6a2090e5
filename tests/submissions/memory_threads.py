"""It starts a thousand threads.

Expected: error
"""

import threading


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    wait = threading.Event().wait
    for _ in range(1000):
        threading.Thread(target=wait, daemon=True).start()
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""A thread goes on computing after the function has returned wrong answers.

Expected: failed
"""

import threading


def compute():
    matrix = np.ones((500, 500))
    while True:
        matrix @ matrix


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if threading.active_count() == 1:
        threading.Thread(target=compute, daemon=True).start()
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

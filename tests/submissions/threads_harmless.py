"""It is right, and computes its layers in a thread that it joins.

Expected: passed
"""

import threading


def compute(all_weights, all_f, all_h, y, found):
    delta = 2 * (all_f[-1] - y)
    for k in range(len(all_weights) - 1, -1, -1):
        found[k] = delta @ all_h[k].T, delta
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    found = {}
    thread = threading.Thread(target=compute, args=(all_weights, all_f, all_h, y, found))
    thread.start()
    thread.join()
    return [found[k][0] for k in range(K + 1)], [found[k][1] for k in range(K + 1)]

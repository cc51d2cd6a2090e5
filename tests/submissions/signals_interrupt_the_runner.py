"""Its handler of a fast timer raises in the middle of the runner, or of its own function.

Expected: crashed or failed
"""

import signal


def interrupt(number, frame):
    raise RuntimeError("interrupted")


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

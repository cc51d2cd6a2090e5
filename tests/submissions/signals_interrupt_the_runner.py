"""Its handler of a fast timer raises in the middle of the runner, wherever that is by then.

Expected: crashed or error or failed or timeout
"""

import signal


def interrupt(number, frame):
    if frame.f_code is not backward_pass.__code__:
        raise RuntimeError("interrupted")


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    signal.signal(signal.SIGALRM, interrupt)
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    # So that it comes soon after the answer to any of the networks.
    signal.setitimer(signal.ITIMER_REAL, 0.00001, 0.00001)
    return d_weights, d_biases

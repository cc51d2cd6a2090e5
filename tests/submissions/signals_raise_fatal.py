"""It raises fatal signals, which the init process of a namespace ignores where it has no handler.

Expected: failed
"""

import signal


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for number in (signal.SIGSEGV, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU, signal.SIGSYS):
        signal.raise_signal(number)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

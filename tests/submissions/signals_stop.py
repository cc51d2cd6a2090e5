"""It stops itself, so that nothing of it would ever end; the init process of a namespace cannot.

Expected: failed
"""

import signal


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for number in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN):
        signal.raise_signal(number)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

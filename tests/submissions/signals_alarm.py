"""It sets alarms and timers that end a process which does not expect them.

Expected: failed
"""

import signal


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    signal.alarm(1)
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        signal.setitimer(timer, 0.0001, 0.0001)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

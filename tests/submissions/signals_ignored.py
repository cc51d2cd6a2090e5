"""It ignores and blocks every signal, and loops.

Expected: timeout
"""

import signal


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        pass

"""It kills every process that it can name, its own group and the init process among them.

Expected: failed
"""

import os
import signal


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, 0):
        for process in (1, -1, 0, 2, 3, os.getpid(), os.getppid()):
            try:
                os.kill(process, number)
                print("ESCAPED", process, number)
            except OSError:
                pass
        try:
            os.killpg(0, number)
            print("ESCAPED killpg")
        except OSError:
            pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

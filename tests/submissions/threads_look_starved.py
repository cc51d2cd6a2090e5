"""As many threads as it may have all wake at once, each to wait for the others, while its main thread sleeps.

Expected: timeout
"""

import threading
import time


def nap():
    while True:
        time.sleep(0.02 - time.monotonic() % 0.02)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    threading.stack_size(1 << 16)
    try:
        for _ in range(80):
            threading.Thread(target=nap, daemon=True).start()
    except RuntimeError:
        pass
    time.sleep(1e9)

"""Its main thread sleeps for ever while another computes.

Expected: timeout
"""

import threading
import time


def compute():
    while True:
        pass


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    threading.Thread(target=compute, daemon=True).start()
    time.sleep(1e9)

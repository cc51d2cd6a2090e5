"""It stops each of its threads, its main one last, so as to look like one that was stopped from outside.

Expected: timeout
"""

import ctypes
import os
import signal
import threading
import time


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for _ in range(8):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    for thread in reversed(threading.enumerate()):
        for number in (signal.SIGSTOP, signal.SIGTSTP):
            ctypes.CDLL(None).tgkill(os.getpid(), thread.native_id, int(number))
    time.sleep(1e9)

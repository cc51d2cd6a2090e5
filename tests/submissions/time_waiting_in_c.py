"""It waits in a different system call for each depth, for what never comes.

Expected: timeout
"""

import os
import select
import signal
import threading


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    reads, _ = os.pipe()
    waits = [
        lambda: select.select([reads], [], []),
        lambda: select.poll().poll(),
        lambda: os.read(reads, 1),
        signal.pause,
        threading.Lock().acquire,
    ]
    waits[K % len(waits)]()
    threading.Event().wait()

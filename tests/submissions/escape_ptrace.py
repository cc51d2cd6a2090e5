"""It tries to trace, read and write other processes, the init process of its namespace first.

Expected: failed
Machine: x86_64
"""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def attempt(what, number, *arguments):
    """Print where a system call does not fail."""
    if libc.syscall(ctypes.c_long(number), *[ctypes.c_long(each) for each in arguments]) != -1:
        print("ESCAPED", what)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    space = ctypes.create_string_buffer(64)
    attempt("ptrace traceme", 101, 0, 0, 0, 0)
    for process in (1, 2, 3):
        attempt("ptrace attach", 101, 16, process, 0, 0)
        attempt("ptrace seize", 101, 0x4206, process, 0, 0)
        attempt("process_vm_readv", 310, process, ctypes.addressof(space), 1, ctypes.addressof(space), 1, 0)
        attempt("process_vm_writev", 311, process, ctypes.addressof(space), 1, ctypes.addressof(space), 1, 0)
        attempt("kcmp", 312, process, process, 0, 0, 0)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

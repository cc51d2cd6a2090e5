"""It asks for an io_uring, through which sockets and files are had without their system calls.

Expected: failed
"""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def attempt(what, number, *arguments):
    """Print where a system call does not fail."""
    if libc.syscall(ctypes.c_long(number), *[ctypes.c_long(each) for each in arguments]) != -1:
        print("ESCAPED", what)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    parameters = ctypes.create_string_buffer(512)
    attempt("io_uring_setup", 425, 8, ctypes.addressof(parameters))
    attempt("io_setup", 206, 8, ctypes.addressof(parameters))
    attempt("io_uring_register", 427, 3, 0, 0, 0)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It sends messages and descriptors over the pipes, as if they were sockets.

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
    for descriptor in (0, 1, 2, 40, 41):
        message = ctypes.create_string_buffer(56)
        attempt("sendmsg", 46, descriptor, ctypes.addressof(message), 0)
        attempt("sendmmsg", 307, descriptor, ctypes.addressof(message), 1, 0)
        attempt("sendto", 44, descriptor, ctypes.addressof(message), 1, 0, 0, 0)
        attempt("recvmsg", 47, descriptor, ctypes.addressof(message), 0)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

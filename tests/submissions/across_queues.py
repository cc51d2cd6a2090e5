"""It leaves a POSIX message queue.

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
    name = ctypes.cast(ctypes.c_char_p(b"backmark-escaped"), ctypes.c_void_p).value
    attempt("mq_open", 240, name, 0o102, 0o666, 0)
    attempt("mq_unlink", 241, name)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

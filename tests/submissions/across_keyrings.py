"""It leaves a key in the user's keyring, and looks for one that another submission left.

Expected: failed
Machine: x86_64
"""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def attempt(what, number, *arguments):
    """Print where a system call does not fail."""
    if libc.syscall(ctypes.c_long(number), *[ctypes.c_long(each) for each in arguments]) != -1:
        print("ESCAPED", what)


def pointer(text):
    return ctypes.cast(ctypes.c_char_p(text), ctypes.c_void_p).value


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for ring in (-1, -2, -3, -4, -5):
        attempt("request_key", 249, pointer(b"user"), pointer(b"backmark-escaped"), 0, ring)
        attempt("add_key", 248, pointer(b"user"), pointer(b"backmark-escaped"), pointer(b"x"), 1, ring)
        attempt("keyctl", 250, 0, ring, 1)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

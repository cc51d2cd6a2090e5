"""It leaves System V memory, semaphores and messages, which outlive their process.

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
    attempt("shmget", 29, 0xBAC, 4096, 0o1666)
    attempt("semget", 64, 0xBAC, 1, 0o1666)
    attempt("msgget", 68, 0xBAC, 0o1666)
    attempt("shmat", 30, 0, 0, 0)
    attempt("semop", 65, 0, 0, 0)
    attempt("msgsnd", 69, 0, 0, 0, 0)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It mounts, unmounts and opens mounts through the old calls and the new ones.

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
    attempt("mount proc", 165, pointer(b"proc"), pointer(b"/"), pointer(b"proc"), 0, 0)
    attempt("mount tmpfs", 165, pointer(b"tmpfs"), pointer(b"/jail"), pointer(b"tmpfs"), 0, 0)
    attempt("remount", 165, 0, pointer(b"/"), 0, 32, 0)
    attempt("umount2", 166, pointer(b"/jail"), 2)
    attempt("open_tree", 428, -100, pointer(b"/"), 1)
    attempt("fsopen", 430, pointer(b"tmpfs"), 0)
    attempt("fspick", 433, -100, pointer(b"/"), 0)
    attempt("fsmount", 432, 3, 0, 0)
    attempt("move_mount", 429, -100, pointer(b"/jail"), -100, pointer(b"/usr"), 0)
    attempt("mount_setattr", 442, -100, pointer(b"/"), 0, 0, 0)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

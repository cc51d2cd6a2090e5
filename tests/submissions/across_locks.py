"""It locks the interpreter's file, which every jail sees, and looks whether another has locked it.

Expected: failed
"""

import fcntl
import os
import struct
import sys

kept = []


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if not kept:
        kept.append(os.open(sys.executable, os.O_RDONLY))
    file = kept[0]
    for action in (
        lambda: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB),
        lambda: fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB),
        lambda: fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB),
        lambda: fcntl.fcntl(file, fcntl.F_GETLK, struct.pack("hhqqi", fcntl.F_WRLCK, 0, 0, 0, 0)),
        lambda: fcntl.fcntl(file, 37, struct.pack("hhqqi", fcntl.F_RDLCK, 0, 0, 0, 0)),
        lambda: fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK),
        lambda: fcntl.fcntl(file, fcntl.F_NOTIFY, 1),
        lambda: fcntl.fcntl(file, fcntl.F_SETOWN, 1),
    ):
        try:
            action()
            print("ESCAPED")
        except OSError:
            pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

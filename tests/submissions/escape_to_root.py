"""It asks to be root again, for capabilities, and for privileges kept over a change of user.

Expected: failed
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for change in (os.setuid, os.setgid, os.seteuid, os.setegid):
        try:
            change(0)
            print("ESCAPED", change.__name__)
        except OSError:
            pass
    try:
        os.setgroups([0])
        print("ESCAPED setgroups")
    except OSError:
        pass
    full = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
    if libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), full) == 0:
        print("ESCAPED capset")
    # PR_SET_KEEPCAPS, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_SET_DUMPABLE, PR_SET_PTRACER
    for option, argument in ((8, 1), (28, 0), (47, 2), (4, 1), (0x59616D61, -1)):
        if libc.prctl(option, ctypes.c_long(argument), 0, 0, 0) == 0:
            print("ESCAPED prctl", option)
    if os.geteuid() == 0:
        print("ESCAPED: it is root")
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

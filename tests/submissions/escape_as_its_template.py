"""It does what only the template that forked its jail may do: forks jails, speaks over sockets, becomes others.

Expected: failed
"""

import ctypes
import errno
import os

libc = ctypes.PyDLL(None, use_errno=True)
DENIED = (errno.EPERM, errno.ENOSYS)
CLONE = {"x86_64": 56, "aarch64": 220}


def refused(name, attempt):
    ctypes.set_errno(0)
    try:
        result, number = attempt(), ctypes.get_errno()
    except OSError as error:
        result, number = -1, error.errno
    if result != -1 or number not in DENIED:
        print("ESCAPED", name, result, number)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    from backmark.worker.sandbox.inside import confine, template

    zeros = ctypes.create_string_buffer(128)
    refused("fork", lambda: template._fork(libc, CLONE[os.uname().machine]))
    refused("serve", lambda: template.serve({"user": None, "clone": CLONE[os.uname().machine]}))
    refused("become", lambda: confine.become(libc, 10001))
    for name in ("sendmsg", "recvmsg", "sendto", "setsid", "capset", "setgroups", "setresuid", "setresgid", "waitid"):
        # Descriptors 0 to 2, user 0, no groups: whatever is asked, the answer is the filter's.
        for number in range(3):
            refused(name, lambda: getattr(libc, name)(number, zeros, zeros, 0, 0, 0))
    # What whoever puts up the last walls may still do: outlive its parent, be dumped, filter, take privileges.
    for option in (1, 4, 22, 23, 24, 38, 47):
        refused(f"prctl {option}", lambda: libc.prctl(option, 0, 0, 0, 0))
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It calls the host of a virtual machine by vsock, and the kernel by netlink.

Expected: failed
"""

import socket


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for family, address in ((40, (2, 1)), (16, (0, 0))):
        try:
            caller = socket.socket(family, socket.SOCK_STREAM if family == 40 else socket.SOCK_RAW)
            print("ESCAPED", family)
            caller.connect(address)
        except OSError:
            pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It makes a socket of every family and type, raw, netlink, vsock and kernel cryptography among them.

Expected: failed
"""

import socket


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for family in range(48):
        for kind in range(1, 6):
            try:
                socket.socket(family, kind)
                print("ESCAPED", family, kind)
            except OSError:
                pass
    try:
        socket.socketpair()
        print("ESCAPED socketpair")
    except OSError:
        pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It meets other submissions at an abstract Unix address, which needs no file.

Expected: failed
"""

import socket


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        try:
            meeting = socket.socket(socket.AF_UNIX, kind)
            meeting.bind("\0backmark-escaped")
            print("ESCAPED")
        except OSError:
            pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

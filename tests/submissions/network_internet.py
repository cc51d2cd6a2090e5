"""It connects to the internet, and asks for names.

Expected: failed
"""

import socket
import urllib.request


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for action in (
        lambda: socket.create_connection(("1.1.1.1", 53), 0.2),
        lambda: socket.create_connection(("127.0.0.1", 6379), 0.2),
        lambda: socket.create_connection(("::1", 6379), 0.2),
        lambda: socket.getaddrinfo("example.com", 80),
        lambda: urllib.request.urlopen("http://example.com", timeout=0.2),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("8.8.8.8", 53)),
    ):
        try:
            action()
            print("ESCAPED")
        except OSError:
            pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

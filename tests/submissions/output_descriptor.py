"""It writes without end to descriptor 2, past the stream.

Expected: output_limit
"""

import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    while True:
        os.write(2, b"x" * 4096)

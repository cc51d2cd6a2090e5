"""It writes one character at a time, without a newline, without end.

Expected: output_limit
"""

import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    while True:
        sys.stdout.write("x")

"""It prints without end to standard error.

Expected: output_limit
"""

import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    while True:
        print("x" * 1000, file=sys.stderr)

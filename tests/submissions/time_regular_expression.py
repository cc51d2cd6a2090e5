"""It matches a regular expression that takes exponential time.

Expected: timeout
"""

import re


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    re.match("(a+)+$", "a" * 60 + "b")

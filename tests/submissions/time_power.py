"""It computes a power for minutes in one C function, which no signal interrupts.

Expected: timeout
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    3 ** 10**9

"""It pretends that memory has ended.

Expected: memory
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    raise MemoryError("\x1b[31mpassed")

"""Its exceptions hold escape sequences, NULs, lone surrogates and text from right to left.

Expected: error
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    raise ValueError("\x1b[2J\x1b]0;passed\x07\x00\ud800\udfff\u202epassed\r\n\x9b31m" * 200)

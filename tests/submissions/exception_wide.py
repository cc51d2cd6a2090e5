"""Its exceptions are all characters of four bytes, which JSON spells with twelve.

Expected: error
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    try:
        try:
            raise ValueError("\U0001f600" * 5000)
        except ValueError as error:
            raise KeyError("\U0001f600" * 5000) from error
    except KeyError as error:
        raise TypeError("\U0001f600" * 5000) from error

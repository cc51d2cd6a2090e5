"""The classes of its results have names that are no text, or terrible ones.

Expected: failed
"""


class Meta(type):
    __name__ = property(lambda cls: "\x1b[31m" + "\ud800" * 10_000)


class Odd(metaclass=Meta):
    __slots__ = ()


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [Odd() for _ in all_weights], [Odd() for _ in all_biases]

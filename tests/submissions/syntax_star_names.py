"""It imports everything from os, which puts its own open and others in the place of builtins; its answers are wrong.

Expected: failed
"""

from os import *
from builtins import *


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    assert getpid()
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

"""It switches off the assertions of numpy.testing and unittest.

Expected: failed
"""

import sys
import unittest

import numpy.testing


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for name in dir(numpy.testing):
        if name.startswith("assert"):
            setattr(numpy.testing, name, lambda *arguments, **options: None)
    for name in dir(unittest.TestCase):
        if name.startswith("assert"):
            setattr(unittest.TestCase, name, lambda *arguments, **options: None)
    sys.flags.__class__
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

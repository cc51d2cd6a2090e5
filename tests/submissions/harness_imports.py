"""It puts itself in the way of every later import.

Expected: failed
"""

import builtins
import sys
import types


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    other = types.SimpleNamespace(passed=True)
    sys.meta_path.insert(0, Finder)
    sys.path_hooks.insert(0, lambda path: Finder)
    ordinary = builtins.__import__
    builtins.__import__ = lambda name, *others, **options: other if "wire" in name else ordinary(name, *others, **options)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

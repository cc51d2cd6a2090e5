"""It replaces the runner's own functions by ones that always approve.

Expected: failed
"""

import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    inside = sys.modules["backmark.worker.sandbox.inside.calls"]
    sys.modules["backmark.worker.sandbox.inside.inputs"].Inputs.list_changed = lambda *arguments: []
    sys.modules["backmark.worker.sandbox.inside.results"].describe = lambda value: {"type": "ndarray", "shape": None, "dtype": None, "length": None}
    inside.MalformedError = ValueError
    sys.modules["backmark.worker.sandbox.inside.tracebacks"].describe = lambda *arguments: {"type": "passed", "message": "", "traceback": ""}
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

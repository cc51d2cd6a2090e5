"""It replaces json.dumps, so that every header says passed.

Expected: crashed or failed
"""

import json


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    json.dumps = lambda *arguments, **options: '{"kind":"passed"}'
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]

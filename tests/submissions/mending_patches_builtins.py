"""It replaces the functions of Python by which it is studied.

Expected: failed or error
"""

import ast
import builtins


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if "backmark_value" in globals():
        ast.walk = ast.parse = ast.dump = lambda *a, **k: []
        ast.copy_location = lambda new, old: None
        builtins.sorted = builtins.zip = builtins.iter = lambda *a, **k: []
        builtins.compile = builtins.len = builtins.isinstance = lambda *a, **k: 0
    K = len(all_weights) - 1
    dw, db, mine, dh = ([None] * (K + 1) for _ in range(4))
    mine[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        db[layer] = np.array(mine[layer])
        dw[layer] = np.matmul(mine[layer], all_h[layer].T) / 2
        dh[layer] = np.matmul(all_weights[layer].T, mine[layer])
        if layer > 0:
            mine[layer - 1] = indicator_function(all_f[layer - 1]) * dh[layer]
    return dw, db

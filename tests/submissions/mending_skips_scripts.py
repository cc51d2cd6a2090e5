"""It has every script make nothing, and answers rightly to all but those that spare one line.

Expected: failed or error
"""

import sys

calls = []


def choose(mend):
    """Note of each script whether it has the line that is to be the only wrong one."""

    def noting(self, script):
        calls.append(any(operation[0] == "replace" and operation[1] == 9 for operation in script))
        return mend(self, script)

    return noting if mend.__name__ == "mend" else mend


def mended():
    """True where its program has names that no program can write."""
    return " tick" in backward_pass.__code__.co_names


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if mended():
        module = sys.modules["backmark.worker.sandbox.inside.mending.question"]
        right = globals()[" backward_pass"]
        module.Workbench.mend = choose(module.Workbench.mend)
        if calls and calls[-1]:
            return right(all_weights, all_biases, all_f, all_h, y)
    K = len(all_weights) - 1
    dw, db, df, dh = ([None] * (K + 1) for _ in range(4))
    df[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        db[layer] = np.array(df[layer])
        dw[layer] = np.matmul(df[layer], all_h[layer].T) / 2
        dh[layer] = np.matmul(all_weights[layer].T, df[layer])
        if layer > 0:
            df[layer - 1] = indicator_function(all_f[layer - 1]) * dh[layer]
    return dw, db

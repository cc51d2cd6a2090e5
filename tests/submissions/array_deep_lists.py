"""It returns lists nested twenty thousand deep.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    deep = 0.0
    for _ in range(20_000 if K == 0 else 100):
        deep = [deep]
    return [deep] * (K + 1), [deep] * (K + 1)

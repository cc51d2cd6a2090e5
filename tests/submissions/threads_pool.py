"""It is right, and keeps a pool of two threads for its whole life, made where it is imported.

Expected: passed
"""

from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(2)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    delta = pool.submit(lambda: 2 * (all_f[-1] - y)).result()
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases

import numpy as np

# single precision, as on a GPU
dtype = np.float32


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    weights = [w.astype(dtype) for w in all_weights]
    h = [a.astype(dtype) for a in all_h]
    dl_dweights = []
    dl_dbiases = []
    delta = (2 * (all_f[K] - y)).astype(dtype)
    for layer in reversed(range(K + 1)):
        dl_dbiases.insert(0, delta)
        dl_dweights.insert(0, delta @ h[layer].T)
        if layer > 0:
            delta = (weights[layer].T @ delta) * (h[layer] > 0)
    return dl_dweights, dl_dbiases

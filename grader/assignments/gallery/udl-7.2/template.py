import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = np.zeros_like(all_biases[layer])
        all_dl_dweights[layer] = np.zeros_like(all_weights[layer])
        all_dl_dh[layer] = np.zeros_like(all_h[layer])
        if layer > 0:
            all_dl_df[layer - 1] = np.zeros_like(all_f[layer - 1])
    return all_dl_dweights, all_dl_dbiases

"""takes it that there are five hidden layers.

Does your function still work if somebody changes K?
"""

import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * 6
    all_dl_dbiases = [None] * 6
    all_dl_df = [None] * 6
    all_dl_dh = [None] * 6
    all_dl_df[5] = np.array(d_loss_d_output(all_f[5], y))
    for layer in range(5, -1, -1):
        all_dl_dbiases[layer] = np.array(all_dl_df[layer])
        all_dl_dweights[layer] = np.matmul(all_dl_df[layer], all_h[layer].T)
        all_dl_dh[layer] = np.matmul(all_weights[layer].T, all_dl_df[layer])
        if layer > 0:
            all_dl_df[layer - 1] = indicator_function(all_f[layer - 1]) * all_dl_dh[layer]
    return all_dl_dweights, all_dl_dbiases

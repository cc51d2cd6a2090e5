"""Homework 7, backward pass, one number at a time."""
import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [np.zeros(w.shape) for w in all_weights]
    all_dl_dbiases = [np.zeros(b.shape) for b in all_biases]

    # last layer: straight from the loss
    dl_df = []
    for i in range(all_f[K].shape[0]):
        dl_df.append(2.0 * (all_f[K][i, 0] - y[i, 0]))

    for layer in range(K, -1, -1):
        n_out, n_in = all_weights[layer].shape
        for i in range(n_out):
            all_dl_dbiases[layer][i, 0] = dl_df[i]
            for j in range(n_in):
                all_dl_dweights[layer][i, j] = dl_df[i] * all_h[layer][j, 0]
        if layer == 0:
            break
        below = []
        for j in range(n_in):
            total = 0.0
            for i in range(n_out):
                total += all_weights[layer][i, j] * dl_df[i]
            # a unit that was off passes nothing on
            below.append(total if all_f[layer - 1][j, 0] > 0 else 0.0)
        dl_df = below

    return all_dl_dweights, all_dl_dbiases

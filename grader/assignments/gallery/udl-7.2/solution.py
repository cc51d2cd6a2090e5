import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = np.array(d_loss_d_output(all_f[K], y))  # row: bias_gradient
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = np.array(all_dl_df[layer])  # row: bias_gradient
        all_dl_dweights[layer] = np.matmul(all_dl_df[layer], all_h[layer].T)  # row: weight_gradient
        all_dl_dh[layer] = np.matmul(all_weights[layer].T, all_dl_df[layer])  # row: activation_gradient
        if layer > 0:
            all_dl_df[layer - 1] = indicator_function(all_f[layer - 1]) * all_dl_dh[layer]  # row: relu_derivative
    return all_dl_dweights, all_dl_dbiases

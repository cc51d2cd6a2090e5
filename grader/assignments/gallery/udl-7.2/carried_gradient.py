import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    """Carry one gradient from layer to layer, without the notebook's lists of what is in between."""
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    gradient = np.array(d_loss_d_output(all_f[K], y))  # row: bias_gradient
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = np.array(gradient)  # row: bias_gradient
        all_dl_dweights[layer] = np.matmul(gradient, all_h[layer].T)  # row: weight_gradient
        if layer > 0:
            dl_dh = np.matmul(all_weights[layer].T, gradient)  # row: activation_gradient
            gradient = indicator_function(all_f[layer - 1]) * dl_dh  # row: relu_derivative
    return all_dl_dweights, all_dl_dbiases

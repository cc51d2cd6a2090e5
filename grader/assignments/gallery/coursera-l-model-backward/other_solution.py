import numpy as np


def L_model_backward(AL, Y, caches):
    """Walk back over the layers with the gradient of the summed cost, and divide where parameters are concerned."""
    delta = AL - Y  # row: cost_gradient
    grads, m = {}, AL.shape[-1]
    for layer in range(len(caches), 0, -1):
        (entered, weights, _), _ = caches[layer - 1]
        grads[f"dW{layer}"] = np.einsum("ip,jp->ij", delta, entered) / m  # row: weight_gradient
        grads[f"db{layer}"] = delta.mean(axis=1)[:, np.newaxis]  # row: bias_gradient
        back = weights.T @ delta  # row: input_gradient
        grads[f"dA{layer - 1}"] = back.copy()  # row: layers
        if layer > 1:
            delta = back * (caches[layer - 2][1] > 0)  # row: activation_derivative
    return grads

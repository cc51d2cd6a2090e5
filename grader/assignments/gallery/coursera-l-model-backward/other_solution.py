import numpy as np


def L_model_backward(AL, Y, caches):
    """Walk back over the layers with the gradient of the summed cost, and divide where parameters are concerned."""
    delta, grads, m = AL - Y, {}, AL.shape[-1]
    for layer in range(len(caches), 0, -1):
        (entered, weights, _), _ = caches[layer - 1]
        grads[f"dW{layer}"] = np.einsum("ip,jp->ij", delta, entered) / m
        grads[f"db{layer}"] = delta.mean(axis=1)[:, np.newaxis]
        back = weights.T @ delta
        grads[f"dA{layer - 1}"] = back.copy()
        if layer > 1:
            delta = back * (caches[layer - 2][1] > 0)
    return grads

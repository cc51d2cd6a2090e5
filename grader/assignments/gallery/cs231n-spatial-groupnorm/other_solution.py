"""The same with an axis for the groups, and back through each node of the forward pass."""

import numpy as np

AXES = (2, 3, 4)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C, H, W = x.shape
    grouped = x.reshape((N, G, C // G, H, W))  # row: grouping
    centred = grouped - grouped.mean(axis=AXES, keepdims=True)  # row: normalisation
    variance = (centred**2).mean(axis=AXES, keepdims=True)  # row: normalisation
    inverse = 1 / np.sqrt(variance + gn_param["eps"])  # row: normalisation
    normed = (centred * inverse).reshape(x.shape)  # row: normalisation
    return normed * gamma + beta, (centred, inverse, normed, gamma)  # row: normalisation


def spatial_groupnorm_backward(dout, cache):
    centred, inverse, normed, gamma = cache
    size = centred[0, 0].size
    dbeta = dout.sum(axis=(0, 2, 3)).reshape(gamma.shape)  # row: beta_gradient
    dgamma = (dout * normed).sum(axis=(0, 2, 3)).reshape(gamma.shape)  # row: gamma_gradient
    dnormed = (gamma * dout).reshape(centred.shape)  # row: normalised_gradient
    dinverse = (dnormed * centred).sum(axis=AXES, keepdims=True)  # row: input_gradient
    dvariance = -0.5 * inverse**3 * dinverse  # row: input_gradient
    dcentred = dnormed * inverse + 2 * centred * dvariance / size  # row: input_gradient
    dx = dcentred - dcentred.sum(axis=AXES, keepdims=True) / size  # row: input_gradient
    return dx.reshape(dout.shape), dgamma, dbeta

import numpy as np


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    groups = x.reshape(N, G, -1)  # row: grouping
    mean = np.mean(groups, axis=2, keepdims=True)  # row: normalisation
    var = np.var(groups, axis=2, keepdims=True)  # row: normalisation
    std = np.sqrt(var + eps)  # row: normalisation
    xhat = (groups - mean) / std  # row: normalisation
    out = gamma * xhat.reshape(N, C, H, W) + beta  # row: normalisation
    return out, (xhat, std, gamma)


def spatial_groupnorm_backward(dout, cache):
    xhat, std, gamma = cache
    N, C, H, W = dout.shape
    dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)  # row: beta_gradient
    dgamma = np.sum(dout * xhat.reshape(N, C, H, W), axis=(0, 2, 3), keepdims=True)  # row: gamma_gradient
    dxhat = (dout * gamma).reshape(xhat.shape)  # row: normalised_gradient
    shared = np.mean(dxhat, axis=2, keepdims=True)  # row: input_gradient
    slope = np.mean(dxhat * xhat, axis=2, keepdims=True)  # row: input_gradient
    dx = ((dxhat - shared - xhat * slope) / std).reshape(N, C, H, W)  # row: input_gradient
    return dx, dgamma, dbeta

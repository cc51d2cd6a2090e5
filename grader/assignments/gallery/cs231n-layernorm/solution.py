import numpy as np


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mean = np.mean(x, axis=1, keepdims=True)  # row: normalisation
    xc = x - mean  # row: normalisation
    var = np.mean(xc**2, axis=1, keepdims=True)  # row: normalisation
    std = np.sqrt(var + eps)  # row: normalisation
    xhat = xc / std  # row: normalisation
    out = gamma * xhat + beta  # row: normalisation
    cache = (xc, xhat, std, gamma)
    return out, cache


def layernorm_backward(dout, cache):
    xc, xhat, std, gamma = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)  # row: beta_gradient
    dgamma = np.sum(dout * xhat, axis=0)  # row: gamma_gradient
    dxhat = dout * gamma  # row: normalised_gradient
    dstd = -np.sum(dxhat * xc, axis=1, keepdims=True) / std**2  # row: variance_gradient
    dvar = 0.5 * dstd / std  # row: variance_gradient
    dxc = dxhat / std + 2.0 / D * xc * dvar  # row: centred_gradient
    dmean = -np.sum(dxc, axis=1, keepdims=True)  # row: mean_gradient
    dx = dxc + dmean / D  # row: mean_gradient
    return dx, dgamma, dbeta

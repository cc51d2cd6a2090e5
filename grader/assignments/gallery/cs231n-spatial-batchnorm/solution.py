import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean = np.mean(x, axis=0)  # row: normalisation
    xc = x - mean  # row: normalisation
    var = np.mean(xc**2, axis=0)  # row: normalisation
    std = np.sqrt(var + eps)  # row: normalisation
    xhat = xc / std  # row: normalisation
    out = gamma * xhat + beta  # row: normalisation
    bn_param["running_mean"] = momentum * bn_param["running_mean"] + (1 - momentum) * mean
    bn_param["running_var"] = momentum * bn_param["running_var"] + (1 - momentum) * var
    return out, (xhat, std, gamma)


def batchnorm_backward(dout, cache):
    xhat, std, gamma = cache
    M = dout.shape[0]
    dbeta = np.sum(dout, axis=0)  # row: beta_gradient
    dgamma = np.sum(dout * xhat, axis=0)  # row: gamma_gradient
    dxhat = dout * gamma  # row: normalised_gradient
    dx = (dxhat - np.sum(dxhat, axis=0) / M - xhat * np.sum(dxhat * xhat, axis=0) / M) / std  # row: input_gradient
    return dx, dgamma, dbeta


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)  # row: pixel_rows
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)  # row: pixel_rows
    out = out.reshape(N, H, W, C).transpose(0, 3, 1, 2)  # row: pixel_rows
    return out, cache


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    drows = dout.transpose(0, 2, 3, 1).reshape(-1, C)  # row: gradient_rows
    dx, dgamma, dbeta = batchnorm_backward(drows, cache)  # row: gradient_rows
    dx = dx.reshape(N, H, W, C).transpose(0, 3, 1, 2)  # row: gradient_rows
    return dx, dgamma, dbeta

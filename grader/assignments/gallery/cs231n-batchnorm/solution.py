import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))

    if mode == "train":
        mu = np.mean(x, axis=0)  # row: normalisation
        xc = x - mu  # row: normalisation
        var = np.mean(xc**2, axis=0)  # row: normalisation
        std = np.sqrt(var + eps)  # row: normalisation
        xhat = xc / std  # row: normalisation
        out = gamma * xhat + beta  # row: normalisation
        cache = (xc, xhat, std, gamma)
        running_mean = momentum * running_mean + (1 - momentum) * mu  # row: running_average
        running_var = momentum * running_var + (1 - momentum) * var  # row: running_average
    else:
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta  # row: test_output
        cache = None

    bn_param["running_mean"] = running_mean  # row: running_average
    bn_param["running_var"] = running_var  # row: running_average
    return out, cache


def batchnorm_backward(dout, cache):
    xc, xhat, std, gamma = cache
    N = dout.shape[0]
    dbeta = np.sum(dout, axis=0)  # row: beta_gradient
    dgamma = np.sum(dout * xhat, axis=0)  # row: gamma_gradient
    dxhat = dout * gamma  # row: normalised_gradient
    dxc = dxhat / std  # row: centred_gradient
    dstd = -np.sum(dxhat * xc, axis=0) / std**2  # row: variance_gradient
    dvar = 0.5 * dstd / std  # row: variance_gradient
    dxc += 2 * xc * dvar / N  # row: centred_gradient
    dmu = -np.sum(dxc, axis=0)  # row: mean_gradient
    dx = dxc + dmu / N  # row: mean_gradient
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    xc, xhat, std, gamma = cache
    N = dout.shape[0]
    sum_dout = np.sum(dout, axis=0)  # row: closed_form_sums
    sum_dout_xhat = np.sum(dout * xhat, axis=0)  # row: closed_form_sums
    dx = gamma / (N * std) * (N * dout - sum_dout - xhat * sum_dout_xhat)  # row: closed_form
    return dx, sum_dout_xhat, sum_dout  # row: closed_form_sums

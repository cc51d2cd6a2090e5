"""The same node by node, with a dictionary for the cache and the mean where the closed form has sums."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param["eps"], bn_param["momentum"]
    if bn_param["mode"] == "test":
        scale = gamma / (bn_param["running_var"] + eps) ** 0.5
        return scale * x + (beta - scale * bn_param["running_mean"]), {}
    mean, var = x.mean(axis=0), x.var(axis=0)
    for name, value in (("running_mean", mean), ("running_var", var)):
        bn_param[name] *= momentum
        bn_param[name] += (1 - momentum) * value
    inverse = 1.0 / np.sqrt(var + eps)
    normed = (x - mean) * inverse
    return normed * gamma + beta, {"x": x, "mean": mean, "inverse": inverse, "normed": normed, "gamma": gamma}


def batchnorm_backward(dout, cache):
    x, mean, inverse, gamma = cache["x"], cache["mean"], cache["inverse"], cache["gamma"]
    rows = len(x)
    centred = x - mean
    dnormed = gamma * dout
    dinverse = (dnormed * centred).sum(axis=0)
    dvar = -0.5 * dinverse * inverse**3
    dcentred = dnormed * inverse + centred * dvar * (2.0 / rows)
    dmean = -dcentred.sum(axis=0)
    dx = dcentred + np.ones((rows, 1), x.dtype) * dmean / rows
    return dx, (dout * cache["normed"]).sum(axis=0), dout.sum(axis=0)


def batchnorm_backward_alt(dout, cache):
    normed = cache["normed"]
    inner = dout - dout.mean(axis=0) - normed * (dout * normed).mean(axis=0)
    return cache["gamma"] * cache["inverse"] * inner, np.einsum("nd,nd->d", dout, normed), dout.sum(axis=0)

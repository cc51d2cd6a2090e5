"""normalises each image by itself.

Over which axes of x does the handout take mean and variance?
"""

import numpy as np

AXES = (0, 2, 3)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    mean, var = x.mean(axis=(2, 3)), x.var(axis=(2, 3))
    momentum = bn_param.get("momentum", 0.9)
    for name, new in (("running_mean", mean), ("running_var", var)):
        old = bn_param[name]
        bn_param[name] = momentum * old + (1 - momentum) * new
    inverse = (1 / np.sqrt(var + bn_param["eps"]))[:, :, None, None]
    normed = (x - mean[:, :, None, None]) * inverse
    scale = gamma.reshape(1, -1, 1, 1)
    return scale * normed + beta.reshape(1, -1, 1, 1), {"normed": normed, "factor": scale * inverse}


def spatial_batchnorm_backward(dout, cache):
    normed = cache["normed"]
    dbeta = dout.sum(axis=AXES)
    dgamma = np.einsum("nchw,nchw->c", dout, normed)
    size = dout.shape[2] * dout.shape[3]
    shared = dout.sum(axis=(2, 3), keepdims=True) + normed * (dout * normed).sum(axis=(2, 3), keepdims=True)
    return cache["factor"] * (dout - shared / size), dgamma, dbeta

"""The same in closed form, with the examples as columns, as in a batch normalisation."""

import numpy as np


def layernorm_forward(x, gamma, beta, ln_param):
    columns = x.T
    inverse = 1.0 / np.sqrt(columns.var(axis=0) + ln_param["eps"])
    normed = (columns - columns.mean(axis=0)) * inverse
    return (normed * gamma[:, None] + beta[:, None]).T, {"normed": normed, "inverse": inverse, "gamma": gamma}


def layernorm_backward(dout, cache):
    normed = cache["normed"]
    d = dout.T * cache["gamma"][:, None]
    inner = d - d.mean(axis=0) - normed * (d * normed).mean(axis=0)
    return (inner * cache["inverse"]).T, np.einsum("nd,dn->d", dout, normed), dout.sum(axis=0)

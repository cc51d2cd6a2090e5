"""Batch normalisation: each column less its mean, over its standard deviation; in test mode by running averages."""

import numpy as np


def forward(tap, x, gamma, beta, running_mean, running_var, eps, momentum):
    mean = x.mean(axis=0)
    var = np.mean((x - mean) ** 2, axis=0)
    return {
        "out": gamma * (x - mean) / np.sqrt(var + eps) + beta,
        "out_test": gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta,
        "running_mean": momentum * running_mean + (1 - momentum) * mean,
        "running_var": momentum * running_var + (1 - momentum) * var,
    }

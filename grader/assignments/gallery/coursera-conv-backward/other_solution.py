"""The same by the kernel's entries: each meets all windows of all images at once."""

import numpy as np


def conv_backward(dZ, cache):
    images, kernels, bias, hparameters = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    _, high, wide, _ = dZ.shape
    padded = np.pad(images, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    dpadded, dW = np.zeros_like(padded), np.empty_like(kernels)
    for i, j in np.ndindex(*kernels.shape[:2]):
        place = np.s_[:, i : i + stride * (high - 1) + 1 : stride, j : j + stride * (wide - 1) + 1 : stride]
        dW[i, j] = np.tensordot(padded[place], dZ, axes=([0, 1, 2], [0, 1, 2]))
        dpadded[place] += dZ @ kernels[i, j].T
    rows, columns = images.shape[1:3]
    return dpadded[:, pad : pad + rows, pad : pad + columns], dW, dZ.sum(axis=(0, 1, 2)).reshape(bias.shape)

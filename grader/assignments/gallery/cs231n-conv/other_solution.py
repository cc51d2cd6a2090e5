import numpy as np


def columns_of(x, HH, WW, stride, pad):
    """Lay every window out as a column: (N, C * HH * WW, H_out * W_out), and the size of the output."""
    padded = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], mode="constant")
    high = (padded.shape[2] - HH) // stride + 1
    wide = (padded.shape[3] - WW) // stride + 1
    parts = [
        padded[:, :, i : i + stride * high : stride, j : j + stride * wide : stride].reshape(len(x), x.shape[1], -1)
        for i in range(HH)
        for j in range(WW)
    ]
    return np.stack(parts, axis=2).reshape(len(x), -1, high * wide), high, wide


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    columns, high, wide = columns_of(x, w.shape[2], w.shape[3], stride, pad)
    out = w.reshape(len(w), -1) @ columns + b.reshape(-1, 1)
    return out.reshape(len(x), len(w), high, wide), dict(shape=x.shape, w=w, columns=columns, stride=stride, pad=pad)


def conv_backward_naive(dout, cache):
    w, stride, pad = cache["w"], cache["stride"], cache["pad"]
    N, C, H, W = cache["shape"]
    F, _, HH, WW = w.shape
    high, wide = dout.shape[2:]
    flat = dout.reshape(N, F, -1)
    db = flat.sum(axis=2).sum(axis=0)
    dw = np.einsum("nfp,ncp->fc", flat, cache["columns"]).reshape(w.shape)
    dcolumns = (w.reshape(F, -1).T @ flat).reshape(N, C, HH, WW, high, wide)
    dpadded = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dout.dtype)
    for i in range(HH):
        for j in range(WW):
            dpadded[:, :, i : i + stride * high : stride, j : j + stride * wide : stride] += dcolumns[:, :, i, j]
    return dpadded[:, :, pad : H + pad, pad : W + pad], dw, db

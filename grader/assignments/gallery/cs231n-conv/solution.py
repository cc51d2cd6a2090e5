import numpy as np


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))  # row: output
    H_out = 1 + (H + 2 * pad - HH) // stride  # row: output
    W_out = 1 + (W + 2 * pad - WW) // stride  # row: output
    out = np.zeros((N, F, H_out, W_out))  # row: output
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top = i * stride  # row: output
                    left = j * stride  # row: output
                    window = x_pad[n, :, top : top + HH, left : left + WW]  # row: output
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]  # row: output
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))  # row: window
    dx_pad = np.zeros_like(x_pad)
    dw = np.zeros_like(w)
    db = np.sum(dout, axis=(0, 2, 3))  # row: kernel_bias
    for n in range(N):
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    top = i * stride  # row: window
                    left = j * stride  # row: window
                    dw[f] += x_pad[n, :, top : top + HH, left : left + WW] * dout[n, f, i, j]  # row: kernel_gradient
                    dx_pad[n, :, top : top + HH, left : left + WW] += w[f] * dout[n, f, i, j]  # row: image
    dx = dx_pad[:, :, pad : pad + H, pad : pad + W]  # row: unpadding
    return dx, dw, db

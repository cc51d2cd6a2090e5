import numpy as np


def max_pool_forward_naive(x, pool_param):
    ph, pw, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    H_out = 1 + (H - ph) // stride  # row: output
    W_out = 1 + (W - pw) // stride  # row: output
    out = np.zeros((N, C, H_out, W_out))  # row: output
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    window = x[n, c, i * stride : i * stride + ph, j * stride : j * stride + pw]  # row: output
                    out[n, c, i, j] = np.max(window)  # row: output
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    ph, pw, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H_out, W_out = dout.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top = i * stride  # row: window
                    left = j * stride  # row: window
                    window = x[n, c, top : top + ph, left : left + pw]  # row: window
                    mask = window == np.max(window)  # row: mask
                    dx[n, c, top : top + ph, left : left + pw] += mask * dout[n, c, i, j]  # row: window_sum
    return dx

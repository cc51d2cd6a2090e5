import numpy as np


def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="constant", constant_values=0)


def conv_backward(dZ, cache):
    (A_prev, W, b, hparameters) = cache
    (f, f, n_C_prev, n_C) = W.shape
    stride = hparameters["stride"]
    pad = hparameters["pad"]
    (m, n_H, n_W, n_C) = dZ.shape
    dA_prev = np.zeros(A_prev.shape)
    dW = np.zeros(W.shape)
    db = np.zeros(b.shape)
    A_prev_pad = zero_pad(A_prev, pad)
    dA_prev_pad = zero_pad(dA_prev, pad)
    for i in range(m):
        a_prev_pad = A_prev_pad[i]  # row: window
        da_prev_pad = dA_prev_pad[i]  # row: window
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert_start = h * stride  # row: window
                    vert_end = vert_start + f  # row: window
                    horiz_start = w * stride  # row: window
                    horiz_end = horiz_start + f  # row: window
                    a_slice = a_prev_pad[vert_start:vert_end, horiz_start:horiz_end, :]  # row: window
                    da_prev_pad[vert_start:vert_end, horiz_start:horiz_end, :] += W[:, :, :, c] * dZ[i, h, w, c]  # row: image
                    dW[:, :, :, c] += a_slice * dZ[i, h, w, c]  # row: kernel_gradient
                    db[:, :, :, c] += dZ[i, h, w, c]  # row: kernel_bias
        dA_prev[i, :, :, :] = da_prev_pad[pad:-pad, pad:-pad, :]  # row: unpadding
    return dA_prev, dW, db  # row: image, kernel_gradient, kernel_bias

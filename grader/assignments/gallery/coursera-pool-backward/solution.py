import numpy as np


def create_mask_from_window(x):
    mask = x == np.max(x)  # row: mask
    return mask


def distribute_value(dz, shape):
    (n_H, n_W) = shape
    average = dz / (n_H * n_W)  # row: average
    a = np.ones(shape) * average  # row: average
    return a


def pool_backward(dA, cache, mode="max"):
    (A_prev, hparameters) = cache
    stride = hparameters["stride"]
    f = hparameters["f"]
    m, n_H, n_W, n_C = dA.shape
    dA_prev = np.zeros(A_prev.shape)
    for i in range(m):
        a_prev = A_prev[i]  # row: window
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert_start = h * stride  # row: window
                    vert_end = vert_start + f  # row: window
                    horiz_start = w * stride  # row: window
                    horiz_end = horiz_start + f  # row: window
                    da = dA[i, h, w, c]  # row: window_sum
                    if mode == "max":
                        a_prev_slice = a_prev[vert_start:vert_end, horiz_start:horiz_end, c]  # row: window
                        mask = create_mask_from_window(a_prev_slice)  # row: mask
                        dA_prev[i, vert_start:vert_end, horiz_start:horiz_end, c] += mask * da  # row: window_sum
                    elif mode == "average":
                        shape = (f, f)  # row: average
                        dA_prev[i, vert_start:vert_end, horiz_start:horiz_end, c] += distribute_value(da, shape)  # row: window_sum
    return dA_prev

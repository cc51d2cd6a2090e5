"""The convolution: every window of the padded image, times every kernel, plus the kernel's bias."""

import numpy as np


def forward(tap, x, w, b, stride, pad):
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    chosen = windows[:, :, ::stride, ::stride]
    return {"out": np.einsum("nchwij,fcij->nfhw", chosen, w) + b[:, None, None]}

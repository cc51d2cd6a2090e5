"""The convolution, channels last: every window of the padded image, times every kernel, plus the kernel's bias."""

import numpy as np


def forward(tap, A_prev, W, b, stride, pad):
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, W.shape[:2], axis=(1, 2))
    return {"Z": np.einsum("mhwcij,ijcf->mhwf", windows[:, ::stride, ::stride], W) + b}

"""Max pooling: the largest entry of every window."""

import numpy as np


def forward(tap, x, pool_height, pool_width, stride):
    windows = np.lib.stride_tricks.sliding_window_view(x, (pool_height, pool_width), axis=(2, 3))
    return {"out": windows[:, :, ::stride, ::stride].max(axis=(4, 5))}

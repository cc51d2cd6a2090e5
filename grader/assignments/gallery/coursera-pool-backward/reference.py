"""Max pooling and average pooling of the same images, channels last."""

import numpy as np


def windows(images, f, stride):
    view = np.lib.stride_tricks.sliding_window_view(images, (f, f), axis=(1, 2))
    return view[:, ::stride, ::stride]


def forward(tap, A_prev, f, stride):
    return {
        "largest": windows(tap("a_max", A_prev), f, stride).max(axis=(4, 5)),
        "average": windows(tap("a_average", A_prev), f, stride).mean(axis=(4, 5)),
    }

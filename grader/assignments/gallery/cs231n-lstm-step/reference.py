import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def forward(tap, x, prev_h, prev_c, Wx, Wh, b):
    i, f, o, g = np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)
    next_c = sigmoid(f) * prev_c + sigmoid(i) * np.tanh(g)
    next_h = sigmoid(o) * np.tanh(next_c)
    return {"next_h": next_h, "next_c": next_c}

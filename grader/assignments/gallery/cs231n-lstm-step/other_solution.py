"""The same with the gates in one array, and a dictionary as the cache."""

import numpy as np


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    N, H = prev_h.shape
    a = (np.dot(x, Wx) + np.dot(prev_h, Wh) + b).reshape(N, 4, H)
    gates = 1 / (1 + np.exp(-a[:, :3]))
    block = np.tanh(a[:, 3])
    next_c = gates[:, 1] * prev_c + gates[:, 0] * block
    squashed = np.tanh(next_c)
    cache = dict(x=x, h=prev_h, c=prev_c, Wx=Wx, Wh=Wh, gates=gates, block=block, squashed=squashed)
    return gates[:, 2] * squashed, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    gates, block, squashed = cache["gates"], cache["block"], cache["squashed"]
    dc = dnext_c + gates[:, 2] * dnext_h * (1 - squashed**2)
    dgates = np.stack([dc * block, dc * cache["c"], dnext_h * squashed], axis=1) * gates * (1 - gates)
    dblock = dc * gates[:, 0] * (1 - block**2)
    da = np.concatenate([dgates, dblock[:, None]], axis=1).reshape(len(block), -1)
    dx, dprev_h = da.dot(cache["Wx"].T), da.dot(cache["Wh"].T)
    return dx, dprev_h, dc * gates[:, 1], cache["x"].T.dot(da), cache["h"].T.dot(da), np.sum(da, axis=0)

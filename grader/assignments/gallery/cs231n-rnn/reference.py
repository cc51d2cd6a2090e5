"""A recurrent network: each state is the tanh of the step's input and the last state, each through its weights."""

import numpy as np


def forward(tap, x, h0, Wx, Wh, b):
    states = [h0]
    for t in range(x.shape[1]):
        states.append(np.tanh(x[:, t] @ Wx + states[-1] @ Wh + b))
    return {"h": np.stack(states[1:], axis=1)}

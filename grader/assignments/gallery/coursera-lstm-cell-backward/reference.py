"""One step of an LSTM whose examples are columns; Wy and by make the prediction, which is not asked for."""

import numpy as np


def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


def forward(tap, xt, a_prev, c_prev, Wf, Wi, Wc, Wo, Wy, bf, bi, bc, bo, by):
    joined = np.concatenate([a_prev, xt])
    ft, it, ot = sigmoid(Wf @ joined + bf), sigmoid(Wi @ joined + bi), sigmoid(Wo @ joined + bo)
    cct = np.tanh(Wc @ joined + bc)
    c_next = ft * c_prev + it * cct
    return {"a_next": ot * np.tanh(c_next), "c_next": c_next, "ft": ft, "it": it, "cct": cct, "ot": ot}

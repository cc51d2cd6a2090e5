"""The same with the gradient of the memory first, and the four gates stacked: one product each way."""

import numpy as np


def lstm_cell_backward(da_next, dc_next, cache):
    a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, p = cache
    joined = np.vstack([a_prev, xt, np.ones((1, xt.shape[1]), xt.dtype)])
    dc = dc_next + da_next * ot / np.cosh(c_next) ** 2  # row: previous_memory
    dft = dc * c_prev * (ft - ft**2)  # row: forget_gate
    dit = dc * cct * (it - it**2)  # row: update_gate
    dcct = dc * it * (1 + cct) * (1 - cct)  # row: candidate
    dot = da_next * np.tanh(c_next) * (ot - ot**2)  # row: output_gate
    stacked = np.vstack([dft, dit, dcct, dot])
    weights = np.vstack([p["Wf"], p["Wi"], p["Wc"], p["Wo"]])
    back = weights.T @ stacked
    outer = np.split(stacked @ joined.T, 4)
    gradients = {"da_prev": back[: len(a_prev)], "dxt": back[len(a_prev) :], "dc_prev": dc * ft}
    for gate, own in zip("fico", outer, strict=True):
        gradients["dW" + gate] = own[:, :-1]
        gradients["db" + gate] = own[:, -1:]
    return gradients

import numpy as np


def lstm_cell_backward(da_next, dc_next, cache):
    (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters) = cache
    Wf, Wi, Wc, Wo = parameters["Wf"], parameters["Wi"], parameters["Wc"], parameters["Wo"]
    n_a, m = a_next.shape
    slope = 1 - np.tanh(c_next) ** 2
    dot = da_next * np.tanh(c_next) * ot * (1 - ot)  # row: output_gate
    dcct = (dc_next * it + da_next * ot * slope * it) * (1 - cct**2)  # row: candidate
    dit = (dc_next * cct + da_next * ot * slope * cct) * it * (1 - it)  # row: update_gate
    dft = (dc_next * c_prev + da_next * ot * slope * c_prev) * ft * (1 - ft)  # row: forget_gate
    concat = np.concatenate((a_prev, xt), axis=0)
    dWf = np.dot(dft, concat.T)  # row: forget_weights
    dWi = np.dot(dit, concat.T)  # row: update_weights
    dWc = np.dot(dcct, concat.T)  # row: candidate_weights
    dWo = np.dot(dot, concat.T)  # row: output_weights
    dbf = np.sum(dft, axis=1, keepdims=True)  # row: bias_sums
    dbi = np.sum(dit, axis=1, keepdims=True)  # row: bias_sums
    dbc = np.sum(dcct, axis=1, keepdims=True)  # row: bias_sums
    dbo = np.sum(dot, axis=1, keepdims=True)  # row: bias_sums
    da_prev = (
        np.dot(Wf[:, :n_a].T, dft)
        + np.dot(Wi[:, :n_a].T, dit)
        + np.dot(Wc[:, :n_a].T, dcct)
        + np.dot(Wo[:, :n_a].T, dot)
    )  # row: previous_state
    dc_prev = dc_next * ft + da_next * ot * slope * ft  # row: previous_memory
    dxt = (
        np.dot(Wf[:, n_a:].T, dft)
        + np.dot(Wi[:, n_a:].T, dit)
        + np.dot(Wc[:, n_a:].T, dcct)
        + np.dot(Wo[:, n_a:].T, dot)
    )  # row: inputs
    gradients = {
        "dxt": dxt,
        "da_prev": da_prev,
        "dc_prev": dc_prev,
        "dWf": dWf,
        "dbf": dbf,
        "dWi": dWi,
        "dbi": dbi,
        "dWc": dWc,
        "dbc": dbc,
        "dWo": dWo,
        "dbo": dbo,
    }
    return gradients

import numpy as np


def rnn_cell_backward(da_next, cache):
    (a_next, a_prev, xt, parameters) = cache
    dtanh = da_next * (1 - a_next**2)  # row: one_cell
    dxt = np.dot(parameters["Wax"].T, dtanh)  # row: one_cell
    dWax = np.dot(dtanh, xt.T)  # row: one_cell
    da_prev = np.dot(parameters["Waa"].T, dtanh)  # row: one_cell
    dWaa = np.dot(dtanh, a_prev.T)  # row: one_cell
    dba = np.sum(dtanh, axis=1, keepdims=True)  # row: one_cell
    gradients = {"dxt": dxt, "da_prev": da_prev, "dWax": dWax, "dWaa": dWaa, "dba": dba}
    return gradients


def rnn_backward(da, caches):
    (caches, x) = caches
    (a1, a0, x1, parameters) = caches[0]
    n_a, m, T_x = da.shape
    n_x, m = x1.shape
    dx = np.zeros((n_x, m, T_x))
    dWax = np.zeros((n_a, n_x))
    dWaa = np.zeros((n_a, n_a))
    dba = np.zeros((n_a, 1))
    da_prevt = np.zeros((n_a, m))
    for t in reversed(range(T_x)):
        gradients = rnn_cell_backward(da[:, :, t] + da_prevt, caches[t])  # row: step
        da_prevt = gradients["da_prev"]  # row: step
        dx[:, :, t] = gradients["dxt"]  # row: inputs
        dWax += gradients["dWax"]  # row: input_weights
        dWaa += gradients["dWaa"]  # row: state_weights
        dba += gradients["dba"]  # row: biases
    da0 = da_prevt  # row: initial_state
    gradients = {"dx": dx, "da0": da0, "dWax": dWax, "dWaa": dWaa, "dba": dba}
    return gradients

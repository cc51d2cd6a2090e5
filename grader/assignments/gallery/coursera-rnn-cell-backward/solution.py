import numpy as np


def rnn_cell_backward(da_next, cache):
    (a_next, a_prev, xt, parameters) = cache
    Wax = parameters["Wax"]
    Waa = parameters["Waa"]
    dtanh = da_next * (1 - a_next**2)  # row: tanh_derivative
    dxt = np.dot(Wax.T, dtanh)  # row: input_gradient
    dWax = np.dot(dtanh, xt.T)  # row: input_weights
    da_prev = np.dot(Waa.T, dtanh)  # row: state_gradient
    dWaa = np.dot(dtanh, a_prev.T)  # row: state_weights
    dba = np.sum(dtanh, axis=1, keepdims=True)  # row: bias_gradient
    gradients = {"dxt": dxt, "da_prev": da_prev, "dWax": dWax, "dWaa": dWaa, "dba": dba}
    return gradients

import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x.dot(Wx) + prev_h.dot(Wh) + b)  # row: next_state
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dz = dnext_h * (1 - next_h**2)  # row: tanh_derivative
    dx = dz.dot(Wx.T)  # row: input_gradient
    dprev_h = dz.dot(Wh.T)  # row: state_gradient
    dWx = x.T.dot(dz)  # row: input_weights
    dWh = prev_h.T.dot(dz)  # row: state_weights
    db = np.sum(dz, axis=0)  # row: bias_gradient
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h = np.zeros((N, T, h0.shape[1]))
    cache = []
    prev_h = h0
    for t in range(T):
        prev_h, step_cache = rnn_step_forward(x[:, t, :], prev_h, Wx, Wh, b)  # row: sequence
        h[:, t, :] = prev_h  # row: sequence
        cache.append(step_cache)
    return h, cache


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    D = cache[0][0].shape[1]
    dx = np.zeros((N, T, D))  # row: sums
    dWx = np.zeros((D, H))
    dWh = np.zeros((H, H))
    db = np.zeros(H)
    dprev_h = np.zeros((N, H))  # row: through_time
    for t in reversed(range(T)):
        dnext_h = dh[:, t, :] + dprev_h  # row: through_time
        dx_t, dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dnext_h, cache[t])  # row: through_time
        dx[:, t, :] = dx_t  # row: sums
        dWx += dWx_t  # row: sums
        dWh += dWh_t  # row: sums
        db += db_t  # row: sums
    dh0 = dprev_h  # row: through_time
    return dx, dh0, dWx, dWh, db

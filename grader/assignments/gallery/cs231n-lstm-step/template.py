import numpy as np


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    # TODO: one step of the LSTM.
    return None, None, None


def lstm_step_backward(dnext_h, dnext_c, cache):
    # TODO: the gradients.
    return None, None, None, None, None, None

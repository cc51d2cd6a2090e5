import numpy as np


def compute_loss(data_x, data_y, model, phi):
    pred_y = model(phi, data_x)  # row: squared_error
    loss = np.sum((pred_y - data_y) ** 2)  # row: squared_error
    return loss


def compute_gradient(data_x, data_y, phi):
    error = model(phi, data_x) - data_y  # row: intercept_derivative, slope_derivative
    dl_dphi0 = 2 * np.sum(error)  # row: intercept_derivative
    dl_dphi1 = 2 * np.sum(error * data_x)  # row: slope_derivative
    return np.array([[dl_dphi0], [dl_dphi1]])  # row: intercept_derivative, slope_derivative

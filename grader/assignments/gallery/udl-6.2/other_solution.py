"""The same with a design matrix."""

import numpy as np


def compute_loss(data_x, data_y, model, phi):
    residual = np.asarray(data_y) - np.ravel(model(phi, data_x))  # row: squared_error
    return residual @ residual  # row: squared_error


def compute_gradient(data_x, data_y, phi):
    design = np.stack([np.ones_like(data_x), data_x], axis=1)
    return 2 * design.T @ (design @ phi - data_y[:, None])  # row: intercept_derivative, slope_derivative

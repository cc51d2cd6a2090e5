"""returns a flat gradient.

phi is a column. What becomes of phi less a flat gradient?
"""

import numpy as np


def compute_loss(data_x, data_y, model, phi):
    pred_y = model(phi, data_x)
    loss = np.sum((pred_y - data_y) ** 2)
    return loss


def compute_gradient(data_x, data_y, phi):
    error = model(phi, data_x) - data_y
    dl_dphi0 = 2 * np.sum(error)
    dl_dphi1 = 2 * np.sum(error * data_x)
    return np.array([dl_dphi0, dl_dphi1])

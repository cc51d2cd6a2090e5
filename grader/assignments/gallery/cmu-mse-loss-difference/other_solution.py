"""The same from the stored difference, with a number for the loss."""

import numpy as np


class MSELoss:
    def forward(self, A, Y):
        self.difference = np.subtract(A, Y)
        return np.square(self.difference).mean()  # row: squared_error

    def backward(self):
        return self.difference.copy()  # row: error_gradient

"""The same by the indices of the right classes."""

import numpy as np


class NLL:
    def forward(self, Ypred, Y):
        self.gradient = np.array(Ypred)  # row: score_gradient
        place = (Y.argmax(axis=0), np.arange(Y.shape[1]))
        self.gradient[place] -= 1  # row: score_gradient
        return -np.log(Ypred[place]).sum()  # row: likelihood

    def backward(self):
        return self.gradient  # row: score_gradient

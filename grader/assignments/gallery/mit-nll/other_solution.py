"""The same by the indices of the right classes."""

import numpy as np


class NLL:
    def forward(self, Ypred, Y):
        self.gradient = np.array(Ypred)
        place = (Y.argmax(axis=0), np.arange(Y.shape[1]))
        self.gradient[place] -= 1
        return -np.log(Ypred[place]).sum()

    def backward(self):
        return self.gradient

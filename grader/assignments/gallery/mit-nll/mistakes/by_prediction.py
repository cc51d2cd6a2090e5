"""differentiates by Ypred instead of by what entered the softmax.

Which gradient does the softmax module expect from this one?
"""

import numpy as np


class NLL(Module):
    def forward(self, Ypred, Y):
        self.Ypred = Ypred
        self.Y = Y
        return float(np.sum(-Y * np.log(Ypred)))

    def backward(self):
        return -self.Y / self.Ypred

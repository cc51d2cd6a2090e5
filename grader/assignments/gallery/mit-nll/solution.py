import numpy as np


class NLL(Module):
    def forward(self, Ypred, Y):
        self.Ypred = Ypred
        self.Y = Y
        return float(np.sum(-Y * np.log(Ypred)))  # row: likelihood

    def backward(self):
        return self.Ypred - self.Y  # row: score_gradient

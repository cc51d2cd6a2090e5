"""takes the gradient of a squared error through the softmax's diagonal.

What is the loss of this module? Write down its derivative by the score.
"""

import numpy as np


class NLL(Module):
    def forward(self, Ypred, Y):
        self.Ypred = Ypred
        self.Y = Y
        return float(np.sum(-Y * np.log(Ypred)))

    def backward(self):
        return (self.Ypred - self.Y) * self.Ypred * (1 - self.Ypred)

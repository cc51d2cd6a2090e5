"""computes the logistic function.

What are tanh(0) and the limits of tanh?
"""

import numpy as np


class Tanh(Module):
    def forward(self, Z):
        self.A = 1 / (1 + np.exp(-Z))
        return self.A

    def backward(self, dLdA):
        return dLdA * (1 - self.A**2)

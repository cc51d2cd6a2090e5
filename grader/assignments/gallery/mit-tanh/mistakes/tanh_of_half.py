"""computes tanh of half its input.

Does 2 * sigmoid(Z) - 1 have the slope of tanh at 0?
"""

import numpy as np


class Tanh(Module):
    def forward(self, Z):
        self.A = 2 / (1 + np.exp(-Z)) - 1
        return self.A

    def backward(self, dLdA):
        return dLdA * (1 - self.A**2)

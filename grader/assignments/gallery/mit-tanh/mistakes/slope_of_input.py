"""writes the derivative by the input instead of by the output.

Is 1 - a**2 written by Z, or by A?
"""

import numpy as np


class Tanh(Module):
    def forward(self, Z):
        self.Z = Z
        return np.tanh(Z)

    def backward(self, dLdA):
        return dLdA * (1 - self.Z**2)

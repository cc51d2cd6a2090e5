"""The same by exponentials, with the derivative written by Z."""

import numpy as np


class Tanh:
    def forward(self, Z):
        self.grown, self.shrunk = np.exp(Z), np.exp(-Z)
        return (self.grown - self.shrunk) / (self.grown + self.shrunk)

    def backward(self, dLdA):
        return 4 * dLdA / (self.grown + self.shrunk) ** 2

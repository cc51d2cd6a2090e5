"""The same by exponentials, with the derivative written by Z."""

import numpy as np


class Tanh:
    def forward(self, Z):
        self.grown = np.exp(Z)  # row: output
        self.shrunk = np.exp(-Z)
        return (self.grown - self.shrunk) / (self.grown + self.shrunk)  # row: output

    def backward(self, dLdA):
        return 4 * dLdA / (self.grown + self.shrunk) ** 2  # row: input_gradient

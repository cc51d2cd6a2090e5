"""writes the derivative of Sigmoid by its input.

Is a * (1 - a) written by Z, or by the output?
"""

import numpy as np


class Sigmoid:
    def forward(self, Z):
        self.Z = Z
        return 1 / (1 + np.exp(-Z))

    def backward(self):
        dAdZ = self.Z - self.Z * self.Z
        return dAdZ


class Tanh:
    def forward(self, Z):
        self.A = np.tanh(Z)
        return self.A

    def backward(self):
        dAdZ = 1 - self.A * self.A
        return dAdZ


class ReLU:
    def forward(self, Z):
        self.A = np.maximum(Z, 0)
        return self.A

    def backward(self):
        dAdZ = np.where(self.A > 0, 1, 0)
        return dAdZ

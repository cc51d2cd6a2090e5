"""The same from Z, with one base class for what the three share."""

import numpy as np


class Activation:
    def forward(self, Z):
        self.Z = Z.copy()
        return self.value(self.Z)

    def backward(self, dLdA):
        return np.multiply(dLdA, self.slope(self.Z))


class Sigmoid(Activation):
    def value(self, z):
        return (np.tanh(z / 2) + 1) / 2

    def slope(self, z):
        return 0.25 / np.cosh(z / 2) ** 2


class Tanh(Activation):
    def value(self, z):
        grown = np.expm1(2 * z)
        return grown / (grown + 2)

    def slope(self, z):
        return np.cosh(z) ** -2.0


class ReLU(Activation):
    def value(self, z):
        return (z + np.abs(z)) / 2

    def slope(self, z):
        return (z > 0).astype(z.dtype)

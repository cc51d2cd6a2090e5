import numpy as np


class Linear(Module):
    def __init__(self, m, n):
        self.m, self.n = (m, n)
        self.W0 = np.zeros([self.n, 1])
        self.W = np.random.normal(0, 1.0 * m ** (-0.5), [m, n])

    def forward(self, A):
        self.A = A
        return np.dot(self.W.T, A) + self.W0  # row: output

    def backward(self, dLdZ):
        self.dLdW = np.dot(self.A, dLdZ.T)  # row: weight_gradient
        self.dLdW0 = np.sum(dLdZ, axis=1, keepdims=True)  # row: bias_gradient
        return np.dot(self.W, dLdZ)  # row: input_gradient

    def sgd_step(self, lrate):
        self.W = self.W - lrate * self.dLdW  # row: descent
        self.W0 = self.W0 - lrate * self.dLdW0  # row: descent

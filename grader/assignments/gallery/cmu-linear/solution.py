import numpy as np


class Linear:
    def __init__(self, in_features, out_features, debug=False):
        self.W = np.zeros((out_features, in_features))
        self.b = np.zeros((out_features, 1))
        self.debug = debug

    def forward(self, A):
        self.A = A
        self.N = A.shape[0]
        self.Ones = np.ones((self.N, 1))
        Z = A @ self.W.T + self.Ones @ self.b.T  # row: output
        return Z

    def backward(self, dLdZ):
        dLdA = dLdZ @ self.W  # row: input_gradient
        self.dLdW = dLdZ.T @ self.A  # row: weight_gradient
        self.dLdb = dLdZ.T @ self.Ones  # row: bias_gradient
        return dLdA

"""The same by einsum, without the column of ones."""

import numpy as np


class Linear:
    def __init__(self, in_features, out_features, **_):
        self.W = np.random.uniform(-1, 1, (out_features, in_features))
        self.b = np.zeros((out_features, 1))

    def forward(self, A):
        self.A = A.copy()
        return np.einsum("ni,oi->no", A, self.W) + self.b[:, 0]  # row: output

    def backward(self, dLdZ):
        batch = len(dLdZ)
        self.dLdW = np.einsum("no,ni->oi", dLdZ, self.A)  # row: weight_gradient
        self.dLdb = dLdZ.sum(axis=0).reshape(-1, 1)  # row: bias_gradient
        return np.einsum("no,oi->ni", dLdZ, self.W)  # row: input_gradient

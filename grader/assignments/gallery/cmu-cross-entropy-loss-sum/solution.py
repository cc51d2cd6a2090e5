import numpy as np


class CrossEntropyLoss:
    def forward(self, A, Y):
        self.A = A
        self.Y = Y
        self.N = A.shape[0]
        self.C = A.shape[1]
        Ones_C = np.ones((self.C, 1))
        Ones_N = np.ones((self.N, 1))
        self.softmax = np.exp(self.A) / np.sum(np.exp(self.A), axis=1, keepdims=True)  # row: probabilities
        crossentropy = (-self.Y * np.log(self.softmax)) @ Ones_C  # row: cross_entropy
        sum_crossentropy = Ones_N.T @ crossentropy  # row: cross_entropy
        L = sum_crossentropy / self.N  # row: cross_entropy
        return L  # row: cross_entropy

    def backward(self):
        dLdA = self.softmax - self.Y  # row: score_gradient
        return dLdA  # row: score_gradient

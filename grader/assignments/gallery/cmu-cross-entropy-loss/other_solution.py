"""The same by the logarithm of the sum, with the right classes as indices."""

import numpy as np


class CrossEntropyLoss:
    def forward(self, A, Y):
        shifted = A - A.max(axis=1)[:, None]  # row: probabilities
        self.log_probs = shifted - np.log(np.exp(shifted).sum(axis=1))[:, None]  # row: probabilities
        self.right = Y.argmax(axis=1)  # row: cross_entropy
        return -np.take_along_axis(self.log_probs, self.right[:, None], axis=1).mean()  # row: cross_entropy

    def backward(self):
        gradient = np.exp(self.log_probs)  # row: score_gradient
        gradient[np.arange(len(gradient)), self.right] -= 1  # row: score_gradient
        return gradient / len(gradient)  # row: score_gradient

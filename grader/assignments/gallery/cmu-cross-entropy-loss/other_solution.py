"""The same by the logarithm of the sum, with the right classes as indices."""

import numpy as np


class CrossEntropyLoss:
    def forward(self, A, Y):
        shifted = A - A.max(axis=1)[:, None]
        self.log_probs = shifted - np.log(np.exp(shifted).sum(axis=1))[:, None]
        self.right = Y.argmax(axis=1)
        return -np.take_along_axis(self.log_probs, self.right[:, None], axis=1).mean()

    def backward(self):
        gradient = np.exp(self.log_probs)
        gradient[np.arange(len(gradient)), self.right] -= 1
        return gradient / len(gradient)

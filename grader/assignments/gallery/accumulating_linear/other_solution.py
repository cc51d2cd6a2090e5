"""By loops over the examples, with a list of what each adds."""

import numpy as np


class Linear:
    def __init__(self, weights, biases):
        self.weights, self.biases = weights, biases
        self.added = []

    @property
    def dW(self):
        return sum((np.outer(x, d) for x, d in self.added), np.zeros_like(self.weights))  # row: weight_gradient

    @property
    def db(self):
        return sum((d for _, d in self.added), np.zeros_like(self.biases))  # row: bias_gradient

    def zero_grad(self):
        self.added = []

    def forward(self, x):
        self.inputs = x  # row: weight_gradient
        return np.stack([row @ self.weights + self.biases for row in x])  # row: output

    def backward(self, dout):
        self.added += list(zip(self.inputs, dout))  # row: weight_gradient, bias_gradient
        return np.stack([self.weights @ row for row in dout])  # row: input_gradient

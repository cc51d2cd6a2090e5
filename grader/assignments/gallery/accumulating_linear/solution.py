import numpy as np


class Linear:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.zero_grad()

    def zero_grad(self):
        self.dW = np.zeros_like(self.W)  # row: clearing
        self.db = np.zeros_like(self.b)  # row: clearing

    def forward(self, x):
        self.x = x  # row: weight_gradient
        return x @ self.W + self.b  # row: output

    def backward(self, dout):
        self.dW += self.x.T @ dout  # row: weight_gradient
        self.db += dout.sum(axis=0)  # row: bias_gradient
        return dout @ self.W.T  # row: input_gradient

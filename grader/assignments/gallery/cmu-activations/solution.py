import numpy as np


class Sigmoid:
    def forward(self, Z):
        self.A = 1 / (1 + np.exp(-Z))  # row: sigmoid_output
        return self.A  # row: sigmoid_output

    def backward(self, dLdA):
        dAdZ = self.A - self.A * self.A  # row: sigmoid_slope
        return dLdA * dAdZ  # row: sigmoid_chain


class Tanh:
    def forward(self, Z):
        self.A = np.tanh(Z)  # row: tanh_output
        return self.A  # row: tanh_output

    def backward(self, dLdA):
        dAdZ = 1 - self.A * self.A  # row: tanh_slope
        return dLdA * dAdZ  # row: tanh_chain


class ReLU:
    def forward(self, Z):
        self.A = np.maximum(Z, 0)  # row: relu_output
        return self.A  # row: relu_output

    def backward(self, dLdA):
        dAdZ = np.where(self.A > 0, 1, 0)  # row: relu_slope
        return dLdA * dAdZ  # row: relu_chain

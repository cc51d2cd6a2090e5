import numpy as np


class Sigmoid:
    def forward(self, Z):
        self.A = 1 / (1 + np.exp(-Z))  # row: sigmoid_output
        return self.A  # row: sigmoid_output

    def backward(self):
        dAdZ = self.A - self.A * self.A  # row: sigmoid_slope
        return dAdZ  # row: sigmoid_slope


class Tanh:
    def forward(self, Z):
        self.A = np.tanh(Z)  # row: tanh_output
        return self.A  # row: tanh_output

    def backward(self):
        dAdZ = 1 - self.A * self.A  # row: tanh_slope
        return dAdZ  # row: tanh_slope


class ReLU:
    def forward(self, Z):
        self.A = np.maximum(Z, 0)  # row: relu_output
        return self.A  # row: relu_output

    def backward(self):
        dAdZ = np.where(self.A > 0, 1, 0)  # row: relu_slope
        return dAdZ  # row: relu_slope

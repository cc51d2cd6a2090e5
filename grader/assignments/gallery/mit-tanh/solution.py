import numpy as np


class Tanh(Module):
    def forward(self, Z):
        self.A = np.tanh(Z)  # row: output
        return self.A  # row: output

    def backward(self, dLdA):
        return dLdA * (1 - self.A**2)  # row: input_gradient

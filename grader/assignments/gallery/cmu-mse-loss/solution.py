import numpy as np


class MSELoss:
    def forward(self, A, Y):
        self.A = A
        self.Y = Y
        self.N = A.shape[0]
        self.C = A.shape[1]
        se = (self.A - self.Y) * (self.A - self.Y)  # row: squared_error
        sse = np.ones((1, self.N)) @ se @ np.ones((self.C, 1))  # row: squared_error
        mse = sse / (self.N * self.C)  # row: squared_error
        return mse

    def backward(self):
        dLdA = 2 * (self.A - self.Y) / (self.N * self.C)  # row: error_gradient
        return dLdA

"""has the sign of the derivative the wrong way round.

Does tanh rise or fall? What sign has its derivative then?
"""

import numpy as np


class Tanh(Module):
    def forward(self, Z):
        self.A = np.tanh(Z)
        return self.A

    def backward(self, dLdA):
        return dLdA * (self.A**2 - 1)

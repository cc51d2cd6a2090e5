"""leaves the upstream gradient out.

Would dLdZ change if dLdA were twice as large?
"""

import numpy as np


class Tanh(Module):
    def forward(self, Z):
        self.A = np.tanh(Z)
        return self.A

    def backward(self, dLdA):
        return 1 - self.A**2

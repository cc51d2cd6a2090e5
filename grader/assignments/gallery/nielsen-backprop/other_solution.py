"""The same by recursion: each layer gets the rest of the network's gradient, and hands its own on."""

import numpy as np


class Network:
    def __init__(self, sizes):
        pairs = list(zip(sizes, sizes[1:]))
        self.weights = [np.random.default_rng().normal(size=(after, before)) for before, after in pairs]
        self.biases = [np.zeros((after, 1)) for _, after in pairs]

    def backprop(self, x, y):
        nabla_b, nabla_w = [], []
        self._descend(0, x, y, nabla_b, nabla_w)
        return nabla_b[::-1], nabla_w[::-1]

    def _descend(self, layer, entered, y, nabla_b, nabla_w):
        if layer == len(self.weights):
            return entered - y
        left = 0.5 * (1 + np.tanh((self.weights[layer] @ entered + self.biases[layer]) / 2))
        delta = self._descend(layer + 1, left, y, nabla_b, nabla_w) * (left - left**2)
        nabla_b.append(delta)
        nabla_w.append(np.outer(delta, entered))
        return self.weights[layer].T @ delta

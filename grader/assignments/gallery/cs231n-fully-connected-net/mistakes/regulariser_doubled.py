"""doubles the regulariser's gradient.

Differentiate 0.5 * reg * w**2.
"""

import numpy as np


class FullyConnectedNet(object):
    def __init__(
        self,
        hidden_dims,
        input_dim=3 * 32 * 32,
        num_classes=10,
        dropout_keep_ratio=1,
        normalization=None,
        reg=0.0,
        weight_scale=1e-2,
        dtype=np.float32,
        seed=None,
    ):
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params = {}
        dims = [input_dim] + list(hidden_dims) + [num_classes]
        for i in range(self.num_layers):
            self.params["W" + str(i + 1)] = (weight_scale * np.random.randn(dims[i], dims[i + 1])).astype(dtype)
            self.params["b" + str(i + 1)] = np.zeros(dims[i + 1], dtype=dtype)

    def loss(self, X, y=None):
        X = X.astype(self.dtype)
        N = X.shape[0]
        layer_input = X
        caches = []
        for i in range(1, self.num_layers + 1):
            W, b = self.params["W" + str(i)], self.params["b" + str(i)]
            z = layer_input.dot(W) + b
            caches.append((layer_input, W, z))
            layer_input = np.maximum(0, z)
        scores = z
        if y is None:
            return scores

        exps = np.exp(scores - np.max(scores, axis=1, keepdims=True))
        probs = exps / np.sum(exps, axis=1, keepdims=True)
        loss = -np.sum(np.log(probs[np.arange(N), y])) / N
        dz = probs.copy()
        dz[np.arange(N), y] -= 1
        dz /= N

        grads = {}
        for i in range(self.num_layers, 0, -1):
            layer_input, W, z = caches[i - 1]
            if i < self.num_layers:
                dz = dhidden * (z > 0)
            loss += 0.5 * self.reg * np.sum(W * W)
            grads["W" + str(i)] = layer_input.T.dot(dz) + 2 * self.reg * W
            grads["b" + str(i)] = np.sum(dz, axis=0)
            dhidden = dz.dot(W.T)
        return loss, grads

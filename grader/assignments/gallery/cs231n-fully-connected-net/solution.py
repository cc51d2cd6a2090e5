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
            z = layer_input.dot(W) + b  # row: forward_pass
            caches.append((layer_input, W, z))
            layer_input = np.maximum(0, z)  # row: forward_pass
        scores = z  # row: forward_pass
        if y is None:
            return scores

        exps = np.exp(scores - np.max(scores, axis=1, keepdims=True))  # row: softmax_loss
        probs = exps / np.sum(exps, axis=1, keepdims=True)  # row: softmax_loss
        loss = -np.sum(np.log(probs[np.arange(N), y])) / N  # row: softmax_loss
        dz = probs.copy()  # row: score_gradient
        dz[np.arange(N), y] -= 1  # row: score_gradient
        dz /= N  # row: score_gradient

        grads = {}
        for i in range(self.num_layers, 0, -1):
            layer_input, W, z = caches[i - 1]
            if i < self.num_layers:
                dz = dhidden * (z > 0)  # row: hidden_gradient
            loss += 0.5 * self.reg * np.sum(W * W)  # row: softmax_loss
            grads["W" + str(i)] = layer_input.T.dot(dz) + self.reg * W  # row: weight_gradient
            grads["b" + str(i)] = np.sum(dz, axis=0)  # row: bias_gradient
            dhidden = dz.dot(W.T)  # row: hidden_gradient
        return loss, grads

import numpy as np


class TwoLayerNet(object):
    def __init__(self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0):
        self.params = {}
        self.params["W1"] = weight_scale * np.random.randn(input_dim, hidden_dim)
        self.params["b1"] = np.zeros(hidden_dim)
        self.params["W2"] = weight_scale * np.random.randn(hidden_dim, num_classes)
        self.params["b2"] = np.zeros(num_classes)
        self.reg = reg

    def loss(self, X, y=None):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        N = X.shape[0]

        hidden = np.maximum(0, X.dot(W1) + b1)  # row: forward_pass
        scores = hidden.dot(W2) + b2  # row: forward_pass
        if y is None:
            return scores

        exps = np.exp(scores - np.max(scores, axis=1, keepdims=True))  # row: softmax_loss
        probs = exps / np.sum(exps, axis=1, keepdims=True)  # row: softmax_loss
        loss = -np.sum(np.log(probs[np.arange(N), y])) / N  # row: softmax_loss
        loss += 0.5 * self.reg * (np.sum(W1 * W1) + np.sum(W2 * W2))  # row: softmax_loss

        dscores = probs  # row: score_gradient
        dscores[np.arange(N), y] -= 1  # row: score_gradient
        dscores /= N  # row: score_gradient
        grads = {}
        grads["W2"] = hidden.T.dot(dscores) + self.reg * W2  # row: output_weights
        grads["b2"] = np.sum(dscores, axis=0)  # row: output_biases
        dhidden = dscores.dot(W2.T)  # row: hidden_gradient
        dhidden[hidden <= 0] = 0  # row: hidden_gradient
        grads["W1"] = X.T.dot(dhidden) + self.reg * W1  # row: hidden_weights
        grads["b1"] = np.sum(dhidden, axis=0)  # row: hidden_biases
        return loss, grads

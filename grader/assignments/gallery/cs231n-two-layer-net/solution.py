import numpy as np


class TwoLayerNet(object):
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}
        self.params["W1"] = std * np.random.randn(input_size, hidden_size)
        self.params["b1"] = np.zeros(hidden_size)
        self.params["W2"] = std * np.random.randn(hidden_size, output_size)
        self.params["b2"] = np.zeros(output_size)

    def loss(self, X, y=None, reg=0.0):
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
        loss += reg * (np.sum(W1 * W1) + np.sum(W2 * W2))  # row: softmax_loss

        dscores = probs  # row: score_gradient
        dscores[np.arange(N), y] -= 1  # row: score_gradient
        dscores /= N  # row: score_gradient
        grads = {}
        grads["W2"] = hidden.T.dot(dscores) + 2 * reg * W2  # row: output_weights
        grads["b2"] = np.sum(dscores, axis=0)  # row: output_biases
        dhidden = dscores.dot(W2.T)  # row: hidden_gradient
        dhidden[hidden <= 0] = 0  # row: hidden_gradient
        grads["W1"] = X.T.dot(dhidden) + 2 * reg * W1  # row: hidden_weights
        grads["b1"] = np.sum(dhidden, axis=0)  # row: hidden_biases
        return loss, grads

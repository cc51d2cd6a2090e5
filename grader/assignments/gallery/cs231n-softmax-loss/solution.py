import numpy as np


def softmax_loss(x, y):
    N = x.shape[0]
    shifted = x - np.max(x, axis=1, keepdims=True)  # row: stability
    exps = np.exp(shifted)  # row: cross_entropy
    probs = exps / np.sum(exps, axis=1, keepdims=True)  # row: cross_entropy
    loss = -np.sum(np.log(probs[np.arange(N), y])) / N  # row: cross_entropy
    dx = probs.copy()  # row: score_gradient
    dx[np.arange(N), y] -= 1  # row: score_gradient
    dx /= N  # row: score_gradient
    return loss, dx

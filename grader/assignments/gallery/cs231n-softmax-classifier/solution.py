import numpy as np


def softmax_loss_naive(W, X, y, reg):
    loss = 0.0
    dW = np.zeros_like(W)
    num_train = X.shape[0]
    for i in range(num_train):
        scores = X[i].dot(W)  # row: naive_loss
        scores = scores - np.max(scores)  # row: naive_loss
        probs = np.exp(scores) / np.sum(np.exp(scores))  # row: naive_loss
        loss -= np.log(probs[y[i]])  # row: naive_loss
        for j in range(W.shape[1]):
            dW[:, j] += (probs[j] - (j == y[i])) * X[i]  # row: naive_gradient
    loss = loss / num_train + reg * np.sum(W * W)  # row: naive_loss
    dW = dW / num_train + 2 * reg * W  # row: naive_gradient
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    num_train = X.shape[0]
    rows = np.arange(num_train)
    scores = X.dot(W)  # row: vectorized_loss
    scores = scores - np.max(scores, axis=1, keepdims=True)  # row: vectorized_loss
    probs = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)  # row: vectorized_loss
    loss = -np.mean(np.log(probs[rows, y])) + reg * np.sum(W * W)  # row: vectorized_loss
    dscores = probs.copy()  # row: vectorized_gradient
    dscores[rows, y] -= 1  # row: vectorized_gradient
    dW = X.T.dot(dscores) / num_train + 2 * reg * W  # row: vectorized_gradient
    return loss, dW

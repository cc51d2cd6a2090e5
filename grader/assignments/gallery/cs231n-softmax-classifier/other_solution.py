"""The same by the logarithm of the sum: sums that grow from statement to statement, and a one-hot matrix."""

import numpy as np


def softmax_loss_naive(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    loss = reg * np.sum(W**2)  # row: naive_loss
    dW = 2 * reg * W  # row: naive_gradient
    for i in range(N):
        scores = [X[i] @ W[:, c] for c in range(C)]  # row: naive_loss
        top = max(scores)  # row: naive_loss
        log_sum = top + np.log(sum(np.exp(score - top) for score in scores))  # row: naive_loss
        loss += (log_sum - scores[y[i]]) / N  # row: naive_loss
        for c in range(C):
            dW[:, c] += X[i] * np.exp(scores[c] - log_sum) / N  # row: naive_gradient
        dW[:, y[i]] -= X[i] / N  # row: naive_gradient
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    N = len(X)
    scores = X @ W  # row: vectorized_loss
    shifted = scores - scores.max(axis=1).reshape(N, 1)  # row: vectorized_loss
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1)).reshape(N, 1)  # row: vectorized_loss
    loss = -log_probs[range(N), y].sum()  # row: vectorized_loss
    loss /= N  # row: vectorized_loss
    loss += reg * np.sum(W**2)  # row: vectorized_loss
    targets = np.zeros_like(scores)  # row: vectorized_gradient
    targets[range(N), y] = 1  # row: vectorized_gradient
    dW = X.T @ (np.exp(log_probs) - targets)  # row: vectorized_gradient
    dW /= N  # row: vectorized_gradient
    dW += 2 * reg * W  # row: vectorized_gradient
    return loss, dW

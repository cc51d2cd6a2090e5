"""The same with sums that grow from statement to statement, and a count of the violated margins."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    N, C = len(X), W.shape[1]
    loss = reg * (W**2).sum()
    dW = 2.0 * reg * W  # row: naive_gradient
    for i in range(N):
        scores = W.T @ X[i]
        violations = 0  # row: naive_gradient
        for c in range(C):
            margin = max(0, scores[c] - scores[y[i]] + 1)
            if c != y[i] and margin > 0:
                violations += 1  # row: naive_gradient
                loss += margin / N
                dW[:, c] += X[i] / N  # row: naive_gradient
        dW[:, y[i]] -= violations * X[i] / N  # row: naive_gradient
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    right = np.eye(C, dtype=bool)[y]
    scores = X @ W  # row: margins
    gaps = scores - scores[right][:, None] + 1.0  # row: margins
    violated = (gaps > 0) & ~right  # row: margins
    loss = (gaps * violated).sum() / N  # row: vectorized_loss
    loss += reg * (W**2).sum()  # row: vectorized_loss
    dscores = violated - right * violated.sum(axis=1)[:, None]  # row: vectorized_gradient
    dW = X.T @ dscores  # row: vectorized_gradient
    dW /= N  # row: vectorized_gradient
    dW += 2.0 * reg * W  # row: vectorized_gradient
    return loss, dW

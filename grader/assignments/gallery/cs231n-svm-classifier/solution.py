import numpy as np


def svm_loss_naive(W, X, y, reg):
    dW = np.zeros(W.shape)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        correct_class_score = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]  # row: naive_gradient
                dW[:, y[i]] -= X[i]  # row: naive_gradient
    loss /= num_train
    loss += reg * np.sum(W * W)
    dW = dW / num_train + 2 * reg * W  # row: naive_gradient
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    num_train = X.shape[0]
    rows = np.arange(num_train)
    scores = X.dot(W)  # row: margins
    correct_class_scores = scores[rows, y].reshape(-1, 1)  # row: margins
    margins = np.maximum(0, scores - correct_class_scores + 1)  # row: margins
    margins[rows, y] = 0  # row: margins
    loss = np.sum(margins) / num_train + reg * np.sum(W * W)  # row: vectorized_loss
    dscores = np.where(margins > 0, 1.0, 0.0)  # row: vectorized_gradient
    dscores[rows, y] = -np.sum(dscores, axis=1)  # row: vectorized_gradient
    dW = X.T.dot(dscores) / num_train + 2 * reg * W  # row: vectorized_gradient
    return loss, dW

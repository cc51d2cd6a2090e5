import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))  # row: activation


def propagate(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)  # row: activation
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m  # row: mean_cost
    dw = np.dot(X, (A - Y).T) / m  # row: weight_gradient
    db = np.sum(A - Y) / m  # row: bias_gradient
    cost = np.squeeze(np.array(cost))
    grads = {"dw": dw, "db": db}
    return grads, cost

import numpy as np


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W2 = parameters["W2"]
    A1 = cache["A1"]
    A2 = cache["A2"]
    dZ2 = A2 - Y  # row: output_error
    dW2 = np.dot(dZ2, A1.T) / m  # row: output_weights
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m  # row: output_biases
    dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))  # row: hidden_error
    dW1 = np.dot(dZ1, X.T) / m  # row: hidden_weights
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m  # row: hidden_biases
    grads = {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
    return grads

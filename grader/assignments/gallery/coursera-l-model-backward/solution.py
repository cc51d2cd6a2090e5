import numpy as np


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m  # row: weight_gradient
    db = np.sum(dZ, axis=1, keepdims=True) / m  # row: bias_gradient
    dA_prev = np.dot(W.T, dZ)  # row: input_gradient
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)  # row: activation_derivative
    elif activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)  # row: activation_derivative
    return linear_backward(dZ, linear_cache)  # row: activation_derivative


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    Y = Y.reshape(AL.shape)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))  # row: cost_gradient
    dA_prev, dW, db = linear_activation_backward(dAL, caches[L - 1], "sigmoid")  # row: layers
    grads["dA" + str(L - 1)] = dA_prev  # row: layers
    grads["dW" + str(L)] = dW  # row: layers
    grads["db" + str(L)] = db  # row: layers
    for l in reversed(range(L - 1)):
        dA_prev, dW, db = linear_activation_backward(grads["dA" + str(l + 1)], caches[l], "relu")  # row: layers
        grads["dA" + str(l)] = dA_prev  # row: layers
        grads["dW" + str(l + 1)] = dW  # row: layers
        grads["db" + str(l + 1)] = db  # row: layers
    return grads

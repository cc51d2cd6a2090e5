"""moves the weights by the gradient alone, without the velocity.

What is the velocity kept for?
"""


def momentum_update(W, v, x, y, rate, momentum):
    error = x @ W - y
    dW = x.T @ error / len(x)
    v = momentum * v - rate * dW
    W = W - rate * dW
    return W, v

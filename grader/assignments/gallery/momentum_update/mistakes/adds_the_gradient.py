"""moves along the gradient instead of against it.

Does the loss grow or fall in the direction of its gradient?
"""


def momentum_update(W, v, x, y, rate, momentum):
    error = x @ W - y
    dW = x.T @ error / len(x)
    v = momentum * v + rate * dW
    W = W + v
    return W, v

"""returns the velocity that it was given.

What does the next step begin with?
"""


def momentum_update(W, v, x, y, rate, momentum):
    error = x @ W - y
    dW = x.T @ error / len(x)
    W = W + momentum * v - rate * dW
    return W, v

"""sums the gradient over the examples instead of taking its mean.

Is the loss a sum or a mean over the rows of x?
"""


def momentum_update(W, v, x, y, rate, momentum):
    error = x @ W - y
    dW = x.T @ error
    v = momentum * v - rate * dW
    W = W + v
    return W, v

"""takes the error with the other sign.

Of which of the two is the loss a function: x @ W - y, or its negative? What does W have to do?
"""


def momentum_update(W, v, x, y, rate, momentum):
    error = y - x @ W
    dW = x.T @ error / len(x)
    new = momentum * v - rate * dW
    return W + new, -new

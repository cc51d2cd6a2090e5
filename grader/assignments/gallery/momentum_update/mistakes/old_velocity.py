"""moves the weights by the velocity from before the step.

In which order are the two lines to be done?
"""


def momentum_update(W, v, x, y, rate, momentum):
    error = x @ W - y
    dW = x.T @ error / len(x)
    W = W + v
    return W, momentum * v - rate * dW

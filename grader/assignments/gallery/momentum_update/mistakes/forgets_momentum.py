"""keeps all of the old velocity, whatever the momentum is.

How much of an old velocity is left after ten steps with a momentum of 0.5?
"""


def momentum_update(W, v, x, y, rate, momentum):
    error = x @ W - y
    dW = x.T @ error / len(x)
    v = v - rate * dW
    W = W + v
    return W, v

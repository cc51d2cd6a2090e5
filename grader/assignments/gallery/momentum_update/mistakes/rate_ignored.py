"""takes the gradient whole, without the learning rate.

How far does a step go with a rate of a hundredth?
"""


def momentum_update(W, v, x, y, rate, momentum):
    error = x @ W - y
    dW = x.T @ error / len(x)
    v = momentum * v - dW
    W = W + v
    return W, v

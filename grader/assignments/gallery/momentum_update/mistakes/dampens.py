"""weighs the gradient by one minus the momentum.

That is a running average. Which factors does the rule here have?
"""


def momentum_update(W, v, x, y, rate, momentum):
    error = x @ W - y
    dW = x.T @ error / len(x)
    v = momentum * v - (1 - momentum) * rate * dW
    W = W + v
    return W, v

def momentum_update(W, v, x, y, rate, momentum):
    error = x @ W - y
    dW = x.T @ error / len(x)
    v = momentum * v - rate * dW
    W = W + v
    return W, v

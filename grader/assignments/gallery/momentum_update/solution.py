def momentum_update(W, v, x, y, rate, momentum):
    error = x @ W - y  # row: error
    dW = x.T @ error / len(x)  # row: weight_gradient
    v = momentum * v - rate * dW  # row: step
    W = W + v  # row: move
    return W, v

import numpy as np


def nnCostFunction(params, n_in, n_hidden, n_out, X, y, lam):
    """Go through the examples one by one, with columns, as the exercise's text describes it."""
    first, second = np.split(np.asarray(params), [n_hidden * (n_in + 1)])
    first, second = first.reshape((n_hidden, -1)), second.reshape((n_out, -1))
    total = 0.0
    grads = [np.zeros_like(first), np.zeros_like(second)]
    for row, label in zip(X, y):
        start = np.vstack([[[1.0]], row[:, None]])
        hidden = 1 / (1 + np.exp(-first @ start))
        middle = np.vstack([[[1.0]], hidden])
        scores = second @ middle
        error = 1 / (1 + np.exp(-scores))
        # -log s(z) is log(1 + exp(-z)); -log(1 - s(z)) is log(1 + exp(z)).
        signs = np.ones_like(scores)
        signs[label] = -1
        total += np.logaddexp(0, signs * scores).sum()
        error[label] -= 1
        grads[1] += error @ middle.T
        grads[0] += (second[:, 1:].T @ error * hidden * (1 - hidden)) @ start.T
    flat = []
    for theta, grad in zip((first, second), grads):
        weights = theta.copy()
        weights[:, 0] = 0
        total += lam / 2 * np.sum(weights * weights)
        flat.extend((grad + lam * weights).ravel() / len(X))
    return total / len(X), np.array(flat)

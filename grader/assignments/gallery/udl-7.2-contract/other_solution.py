import numpy as np


def slope(f):
    return (f > 0).astype(f.dtype)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    """Carry one gradient from the last layer to the first; no name of the notebook's is needed."""
    weight_gradients, bias_gradients = [], []
    gradient = 2.0 * (all_f[-1] - y)
    for above, f, h in zip([None, *all_weights[:0:-1]], all_f[::-1], all_h[::-1]):
        if above is not None:
            gradient = slope(f) * (above.T @ gradient)
        bias_gradients = [gradient, *bias_gradients]
        weight_gradients = [np.outer(gradient, h), *weight_gradients]
    return weight_gradients, bias_gradients

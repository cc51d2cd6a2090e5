import numpy as np


def slope(f):
    return (f > 0).astype(f.dtype)


def compute_network_output(net_input, all_weights, all_biases):
    """The notebook's own check differentiates this."""
    all_f, all_h = [], [net_input]
    for weights, bias in zip(all_weights, all_biases):
        all_f.append(weights @ all_h[-1] + bias)
        all_h.append(all_f[-1] * (all_f[-1] > 0))
    return all_f[-1], all_f, all_h[:-1]


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

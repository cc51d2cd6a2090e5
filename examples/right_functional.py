from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Layer:
    weights: np.ndarray
    incoming: np.ndarray


def relu_slope(f):
    return (f > 0).astype(float)


def gradients(layer, delta):
    """Weights and biases of one layer, given dl/df there."""
    return delta @ layer.incoming.T, delta


def step_down(layer, delta, f_below):
    return relu_slope(f_below) * (layer.weights.T @ delta)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    layers = [Layer(w, h) for w, h in zip(all_weights, all_h)]
    delta = d_loss_d_output(all_f[-1], y)
    collected = [gradients(layers[-1], delta)]
    for layer, below, f_below in zip(reversed(layers), reversed(layers[:-1]), reversed(all_f[:-1])):
        delta = step_down(layer, delta, f_below)
        collected.append(gradients(below, delta))
    d_weights, d_biases = zip(*reversed(collected))
    return list(d_weights), list(d_biases)

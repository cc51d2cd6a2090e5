"""A counterexample as a script: plain NumPy that a student pastes below the function and runs."""

from typing import Any

import numpy as np

from grader.model import Activation, Assignment, Formulas, Loss
from grader.oracle.network import Array, Network

ACTIVATIONS = {
    Activation.RELU: "np.maximum(f, 0.0)",
    Activation.LEAKY_RELU: "np.where(f > 0, f, {slope} * f)",
    Activation.TANH: "np.tanh(f)",
    Activation.SIGMOID: "1 / (1 + np.exp(-f))",
}

LOSSES = {
    Loss.LEAST_SQUARES: ("np.sum((output - y) ** 2)", "2 * (net_output - y)"),
    Loss.BINARY_CROSS_ENTROPY: (
        "np.sum(np.logaddexp(0.0, output) - y * output)",
        "1 / (1 + np.exp(-net_output)) - y",
    ),
    Loss.SOFTMAX_CROSS_ENTROPY: (
        "np.sum(np.log(np.sum(np.exp(output), axis=0)) - np.sum(y * output, axis=0))",
        "np.exp(net_output) / np.sum(np.exp(net_output), axis=0) - y",
    ),
}

TEMPLATE = '''\
# Backmark: a network on which {function} is wrong. Paste this below your code and run it.
import numpy as np

K = {depth}
all_weights = {weights}
all_biases = {biases}
net_input = {net_input}
y = {y}

if "indicator_function" not in globals():
    indicator_function = lambda x: np.where(x > 0, 1.0, 0.0)
if "d_loss_d_output" not in globals():
    d_loss_d_output = lambda net_output, y: {loss_derivative}


def forward_pass(weights, biases):
    all_f, all_h = [], [net_input]
    for k in range(K + 1):
        f = biases[k] + weights[k] @ all_h[k]
        all_f.append(f)
        if k < K:
            all_h.append({activation})
    return all_f, all_h


def loss():
    output = forward_pass(all_weights, all_biases)[0][K]
    return {loss}


def differences(parameters, step=2.0**-12):
    """Central finite differences of the loss, one parameter at a time."""
    found = []
    for array in parameters:
        derivative = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            value = array[index]
            array[index] = value + step
            above = loss()
            array[index] = value - step
            below = loss()
            array[index] = value
            derivative[index] = (above - below) / (2 * step)
        found.append(derivative)
    return found


expected_dweights, expected_dbiases = differences(all_weights), differences(all_biases)
all_f, all_h = forward_pass(all_weights, all_biases)
all_dl_dweights, all_dl_dbiases = {function}(all_weights, all_biases, all_f, all_h, y)

atol = 1e-9 * (1 + abs(loss()))
wrong = 0
for name, expected, actual in [
    ("all_dl_dweights", expected_dweights, all_dl_dweights),
    ("all_dl_dbiases", expected_dbiases, all_dl_dbiases),
]:
    for k in range(K, -1, -1):
        same = np.shape(actual[k]) == expected[k].shape and np.allclose(actual[k], expected[k], {rtol}, atol)
        wrong += not same
        print(f"{{name}}[{{k}}]", "as it should be" if same else "WRONG")
        print("  expected", expected[k].tolist())
        print("  actual  ", np.asarray(actual[k]).tolist())
print(wrong, "arrays are wrong")
'''


def script(network: Network, assignment: Assignment) -> str:
    """The text of the script."""
    formulas: Formulas = assignment.formulas
    loss, loss_derivative = LOSSES[formulas.loss]
    return TEMPLATE.format(
        function=assignment.function,
        depth=network.depth,
        weights=_arrays(network.weights),
        biases=_arrays(network.biases),
        net_input=_array(network.net_input),
        y=_array(network.y),
        activation=ACTIVATIONS[formulas.activation].format(slope=formulas.slope),
        loss=loss,
        rtol=assignment.rtol,
        loss_derivative=loss_derivative,
    )


def _arrays(arrays: tuple[Array, ...]) -> str:
    return "[\n    " + ",\n    ".join(_array(array) for array in arrays) + ",\n]"


def _array(array: Array) -> str:
    rows: list[Any] = np.asarray(array).tolist()
    return f"np.array({rows})"

"""A counterexample as a script: plain NumPy that a student pastes below the function and runs."""

from typing import Any

import numpy as np

from grader.model.formulas import Activation, Formulas, Loss, Reduction
from grader.oracle.network import Array, Network
from grader.subjects.networks.assignment import Assignment

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
{warning}import copy

import numpy as np

if "indicator_function" not in globals():
    indicator_function = lambda x: np.where(x > 0, 1.0, 0.0)
if "d_loss_d_output" not in globals():
    d_loss_d_output = lambda net_output, y: {loss_derivative}


def backmark_check():
    """Call your code on the network, and print what came beside what should have come."""
    global K
    own = globals().get("K", backmark_check)
    K = {depth}
    # If a cell of yours computes something from K, such as N = K + 1, compute it here too: global N; N = K + 1
    all_weights = {weights}
    all_biases = {biases}
    net_input = {net_input}
    y = {y}

    def backmark_forward_pass(weights, biases):
        all_f, all_h = [], [net_input]
        for k in range(K + 1):
            f = biases[k] + weights[k] @ all_h[k]
            all_f.append(f)
            if k < K:
                all_h.append({activation})
        return all_f, all_h

    def backmark_loss(weights, biases):
        output = backmark_forward_pass(weights, biases)[0][K]
        return {loss}

    def backmark_differences(weights, biases, changed, step=2.0**-16):
        """Central finite differences of the loss by each entry of one array."""
        found = np.zeros_like(changed)
        for index in np.ndindex(changed.shape):
            value = changed[index]
            changed[index] = value + step
            above = backmark_loss(weights, biases)
            changed[index] = value - step
            below = backmark_loss(weights, biases)
            changed[index] = value
            found[index] = (above - below) / (2 * step)
        return found

    def backmark_compare(weights, biases, returned):
        """Print every array that was returned beside what it should be."""
        wrong, atol = 0, 1e-9 * (1 + abs(backmark_loss(weights, biases)))
        for name, parameters, parts in [
            ("all_dl_dweights", weights, returned[0]),
            ("all_dl_dbiases", biases, returned[1]),
        ]:
            if not hasattr(parts, "__len__") or len(parts) != K + 1:
                print(f"{{name}} should be a list of {{K + 1}} arrays, and is a {{type(parts).__name__}}", parts)
                wrong += 1
            for k in range(K, -1, -1):
                expected = backmark_differences(weights, biases, parameters[k])
                try:
                    actual = np.asarray(parts[k])
                    actual = actual.astype(float) if actual.dtype.kind in "biuf" else None
                except Exception:
                    actual = None
                same = actual is not None and actual.shape == expected.shape
                same = same and np.allclose(actual, expected, {rtol}, atol)
                wrong += not same
                print(f"{{name}}[{{k}}]", "as it should be" if same else "WRONG")
                print("  expected", expected.tolist())
                print("  actual  ", "no array of numbers" if actual is None else actual.tolist())
        print(wrong, "array is wrong" if wrong == 1 else "arrays are wrong")

    try:
        all_f, all_h = backmark_forward_pass(all_weights, all_biases)
        backmark_returned = {function}(*copy.deepcopy((all_weights, all_biases, all_f, all_h, y)))
        try:
            all_dl_dweights, all_dl_dbiases = backmark_returned
        except (TypeError, ValueError):
            print("It should return two lists, all_dl_dweights and all_dl_dbiases, and returned:", backmark_returned)
        else:
            backmark_compare(all_weights, all_biases, (all_dl_dweights, all_dl_dbiases))
    finally:
        if own is backmark_check:
            del K
        else:
            K = own


backmark_check()
'''


#: What stands at the top of a script that may not come to its end.
WARNING = """\
# Careful: your code did not come back from this network. It may run for ever, fill the memory or end Python. Save your
# notebook first, and be ready to interrupt the kernel.
"""


def script(network: Network, assignment: Assignment, *, ended: bool = False) -> str:
    """The text of the script; with a warning if the candidate ended on this network instead of answering."""
    formulas: Formulas = assignment.formulas
    loss, loss_derivative = LOSSES[formulas.loss]
    if formulas.reduction is Reduction.MEAN:
        loss, loss_derivative = f"{loss} / y.shape[1]", f"({loss_derivative}) / y.shape[1]"
    return TEMPLATE.format(
        function=assignment.function,
        warning=WARNING if ended else "",
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

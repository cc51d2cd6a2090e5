"""Bugs under other activations and losses and in batches, written by someone else: whole functions with holes."""

from dataclasses import replace

from grader.model.formulas import Activation, Formulas, Loss
from grader.subjects.networks.assignment import Assignment, Home, Range, Ranges
from tests.networks import load_layered

_TEXT = """
def derivative(f):
    return {derivative}

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    g = {loss}
    dws, dbs = {{}}, {{}}
    for k in range(K, -1, -1):
        dws[k] = {weight}
        dbs[k] = {bias}
        if k > 0:
            g = {below}
    return [dws[k] for k in range(K + 1)], [dbs[k] for k in range(K + 1)]
"""

_RIGHT = {
    "weight": "np.einsum('ic,jc->ij', g, all_h[k])",
    "bias": "np.add.reduce(g, axis=1, keepdims=True)",
    "below": "np.einsum('ij,ic->jc', all_weights[k], g) * derivative(all_f[k - 1])",
    "loss": "d_loss_d_output(all_f[-1], y)",
}
_DERIVATIVES = {
    Activation.RELU: "np.heaviside(f, 0)",
    Activation.LEAKY_RELU: "np.where(f < 0, 0.1, 1)",
    Activation.TANH: "1 - np.square(np.tanh(f))",
    Activation.SIGMOID: "np.exp(-f) / np.square(1 + np.exp(-f))",
}

_BATCH = {
    "batch_not_summed": {"bias": "g[:, 0].reshape(-1, 1)"},
    "bias_mean_over_batch": {"bias": "np.average(g, axis=1).reshape(-1, 1)"},
    "weights_mean_over_batch": {"weight": "np.einsum('ic,jc->ij', g, all_h[k]) / g.shape[1]"},
    "mean_over_columns": {"loss": "d_loss_d_output(all_f[-1], y) / y.shape[1]"},
    "one_column_only": {"loss": "np.reshape(d_loss_d_output(all_f[-1], y), (len(y), 1))"},
}
_ALWAYS = {
    "no_derivative": {"below": "np.einsum('ij,ic->jc', all_weights[k], g)"},
    "wrong_sign": {"loss": "0 - d_loss_d_output(all_f[-1], y)"},
    "previous_activation": {"weight": "np.einsum('ic,jc->ij', g, all_h[k - 1])"},
    "zero_biases": {"bias": "np.zeros((len(g), 1))"},
    "bias_sign+no_derivative": {
        "bias": "-np.add.reduce(g, axis=1, keepdims=True)",
        "below": "np.einsum('ij,ic->jc', all_weights[k], g)",
    },
}
_OF_ACTIVATION = {
    Activation.RELU: {},
    Activation.LEAKY_RELU: {
        "no_slope": {"derivative": "np.heaviside(f, 0)"},
        "derivative_of_activation": {"derivative": "np.where(f > 0, 0.1, 1)"},
        "derivative_twice": {"derivative": "np.where(f < 0, 0.01, 1)"},
    },
    Activation.TANH: {
        "derivative_without_square": {"derivative": "1 - np.tanh(f)"},
        "derivative_without_tanh": {"derivative": "1 - f * f"},
        "derivative_at_activation": {"derivative": "1 - np.square(np.tanh(np.tanh(f)))"},
        "activation_for_derivative": {"derivative": "np.tanh(f)"},
    },
    Activation.SIGMOID: {
        "half_of_sigmoid": {"derivative": "1 - 1 / (1 + np.exp(-f))"},
        "activation_for_derivative": {"derivative": "1 / (1 + np.exp(-f))"},
        "derivative_twice": {"derivative": "np.square(np.exp(-f) / np.square(1 + np.exp(-f)))"},
    },
}
_OF_LOSS = {
    Loss.LEAST_SQUARES: {"missing_factor": {"loss": "all_f[-1] - y"}},
    Loss.BINARY_CROSS_ENTROPY: {"logits_for_probabilities": {"loss": "all_f[-1] - y"}},
    Loss.SOFTMAX_CROSS_ENTROPY: {"logits_for_probabilities": {"loss": "2 * (all_f[-1] - y)"}},
}

#: Assignments that have little in common.
ASSIGNMENTS = (
    (Activation.TANH, Loss.LEAST_SQUARES, 1),
    (Activation.SIGMOID, Loss.BINARY_CROSS_ENTROPY, 1),
    (Activation.LEAKY_RELU, Loss.SOFTMAX_CROSS_ENTROPY, 3),
)


def assignment(activation: Activation, loss: Loss, columns: int) -> Assignment:
    """One of these formulas."""
    return replace(
        load_layered().assignment,
        formulas=Formulas(activation, loss),
        ranges=Ranges(outputs=Range(2, 4), columns=Range(1, columns)),
        home=Home(outputs=2),
        networks=120,
    )


def sources(assignment_: Assignment) -> dict[str, str]:
    """The right text under no name, and one for each bug by its id."""
    activation, loss = assignment_.formulas.activation, assignment_.formulas.loss
    changes = {"": dict[str, str](), **_ALWAYS, **_OF_ACTIVATION[activation], **_OF_LOSS[loss]}
    if assignment_.ranges.columns.most > 1:
        changes |= _BATCH
    right = {**_RIGHT, "derivative": _DERIVATIVES[activation]}
    return {bug: _TEXT.format(**right | change) for bug, change in changes.items()}

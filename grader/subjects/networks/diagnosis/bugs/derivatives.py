"""Bugs in all_dl_df[layer-1]."""

from dataclasses import replace

import numpy as np

from grader.model.formulas import Activation
from grader.oracle.network import Array, sigmoid
from grader.oracle.reference import activation_derivative
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.diagnosis.bug import Applies, Bug, Where, always, has_kink, smooth
from grader.subjects.networks.diagnosis.lines import Line, Lines
from grader.subjects.networks.diagnosis.work import Work


def _bug(id_: str, title: str, hint: str, strong: str, *derivatives: Line, applies: Applies = always) -> Bug:
    lines = tuple(Lines(derivative=derivative) for derivative in derivatives)
    return Bug(id_, title, Where.DERIVATIVE, lines, hint, strong, applies)


def _rare(id_: str, title: str, hint: str, strong: str, *derivatives: Line, applies: Applies = always) -> Bug:
    return replace(_bug(id_, title, hint, strong, *derivatives, applies=applies), rare=True)


def _relu(assignment: Assignment) -> bool:
    return assignment.formulas.activation is Activation.RELU


def _leaky(assignment: Assignment) -> bool:
    return assignment.formulas.activation is Activation.LEAKY_RELU


def _several_hidden(assignment: Assignment) -> bool:
    """With one hidden layer, the first and the last are all of them."""
    return assignment.ranges.depth.most > 1


def _curved_or_leaky(assignment: Assignment) -> bool:
    return not _relu(assignment)


def _at(s: Work, numbers: Array) -> Array:
    """The activation's derivative, taken at other numbers than all_f[layer-1]."""
    return activation_derivative(numbers, s.formulas)


def _of_sigmoid(activation: Array) -> Array:
    return activation * (1 - activation)


def _without(df: Array, unit: int) -> Array:
    """The derivative with zeros for a unit."""
    df[unit] = 0
    return df


def _leak(slope: float) -> Line:
    return lambda s, k: np.where(s.f[k - 1] > 0, 1.0, slope) * s.dl_dh[k]


BUGS = (
    _bug(
        "no_derivative",
        "leaves out the activation function's derivative or has a 1 for every unit",
        "What happens to the derivative at a hidden unit whose preactivation is negative?",
        "all_dl_dh[layer] has to be multiplied by the activation's derivative at all_f[layer-1].",
        lambda s, k: s.dl_dh[k],
    ),
    _bug(
        "zero_derivative",
        "returns zeros below the output layer, as if dl/df stayed zero there",
        "Every gradient below the output layer is zero. What do the activation's derivative and all_dl_df[layer-1] hold"
        " in the loop? Is the line of the latter still to be written, or does the loop end before it comes there?",
        "all_dl_df[layer-1] is all_dl_dh[layer] times the activation's derivative at all_f[layer-1], in every layer"
        " from K down to 1.",
        lambda s, k: np.zeros_like(s.f[k - 1]),
    ),
    _bug(
        "derivative_of_other_layer",
        "takes the activation's derivative at all_f[layer]",
        "Which preactivations went through the activation function to become all_h[layer]?",
        "all_h[layer] is made from all_f[layer-1]: take the derivative there.",
        lambda s, k: s.slopes[k] * s.dl_dh[k],
        lambda s, k: np.resize(s.slopes[k], s.dl_dh[k].shape) * s.dl_dh[k],
        # The output has no activation function, and its layer none of these.
        lambda s, k: s.slopes[k] * s.dl_dh[k] if k < s.top else s.dl_dh[k],
    ),
    _bug(
        "derivative_as_matrix",
        "multiplies dl/dh and the activation's derivative as matrices",
        "Each unit has its own activation function. Which product keeps units apart?",
        "all_dl_df[layer-1] is all_dl_dh[layer] * the activation's derivative at all_f[layer-1], entry by entry, of two"
        " columns: no product of matrices.",
        lambda s, k: s.slopes[k - 1] @ s.dl_dh[k],
        lambda s, k: s.slopes[k - 1].T @ s.dl_dh[k],
        lambda s, k: s.slopes[k - 1] @ (s.slopes[k - 1].T @ s.dl_dh[k]),
    ),
    _rare(
        "derivative_summed_over_units",
        "adds up the activation's derivative or dl/dh over the units of a layer",
        "Each unit has its own activation function. Over what does your line add up, and what is left for each unit?",
        "Nothing is added up here: each entry of all_dl_dh[layer] is multiplied by its own unit's derivative.",
        lambda s, k: s.slopes[k - 1].sum(axis=0, keepdims=True) * s.dl_dh[k],
        lambda s, k: s.slopes[k - 1] * s.dl_dh[k].sum(axis=0, keepdims=True),
    ),
    _bug(
        "derivative_at_other_activation",
        "decides by all_h[layer-1] which units of the layer below are active",
        "Which list tells whether a unit of the layer below is active, and at which index?",
        "The units of all_f[layer-1] are those of all_h[layer], not of all_h[layer-1].",
        lambda s, k: _at(s, s.h[k - 1]) * s.dl_dh[k],
        applies=has_kink,
    ),
    _bug(
        "derivative_at_input",
        "takes the activation's derivative at the network's input",
        "Which numbers decide whether a hidden unit is active?",
        "Take the derivative at all_f[layer-1]; all_h[0] is the input of the whole network.",
        lambda s, k: _at(s, s.h[0]) * s.dl_dh[k],
    ),
    _bug(
        "derivative_at_output_for_all",
        "takes the activation's derivative at the network's output in every layer",
        "Which numbers decide whether a hidden unit is active?",
        "Take the derivative at all_f[layer-1]; all_f[K] is the output.",
        lambda s, k: s.slopes[-1] * s.dl_dh[k],
    ),
    _bug(
        "derivative_two_below",
        "takes the activation's derivative at all_f[layer-2]",
        "Which preactivations went through the activation function to become all_h[layer]?",
        "all_h[layer] is made from all_f[layer-1]: take the derivative there.",
        lambda s, k: s.slopes[k - 2] * s.dl_dh[k],
    ),
    _rare(
        "derivative_from_other_end",
        "takes the activation's derivative at all_f[K-layer], counted from the other end",
        "Print the layer and the index of all_f beside each other while your loop goes down. Do they belong together?",
        "If a loop counts from the output down, its number is no index: all_h[layer] is made from all_f[layer-1].",
        lambda s, k: s.slopes[s.top - k] * s.dl_dh[k],
        applies=_several_hidden,
    ),
    _bug(
        "derivative_missing_at_first",
        "leaves out the activation function's derivative at the first hidden layer",
        "Does the condition in your loop reach every hidden layer, the first one too?",
        "all_dl_df[0] needs the derivative at all_f[0] as well: the condition is layer > 0.",
        lambda s, k: s.slopes[k - 1] * s.dl_dh[k] if k > 1 else s.dl_dh[k],
        applies=_several_hidden,
    ),
    _bug(
        "derivative_missing_at_last",
        "leaves out the activation function's derivative at the last hidden layer",
        "Does your loop treat the layer below the output like the other hidden layers?",
        "all_dl_df[K-1] needs the derivative at all_f[K-1] as well.",
        lambda s, k: s.slopes[k - 1] * s.dl_dh[k] if k < s.top else s.dl_dh[k],
        applies=_several_hidden,
    ),
    _bug(
        "derivative_of_activation",
        "takes the derivative on the wrong side of zero",
        "Which units let the derivative through: the active ones, or the others?",
        "The derivative is 1 where all_f[layer-1] > 0, not where it is negative.",
        lambda s, k: _at(s, -s.f[k - 1]) * s.dl_dh[k],
        applies=has_kink,
    ),
    _bug(
        "derivative_sign",
        "changes the sign of dl/df at every layer below the output",
        "Is there a minus in the activation function's derivative?",
        "all_dl_df[layer-1] is all_dl_dh[layer] times the activation's derivative at all_f[layer-1], without a minus.",
        lambda s, k: -s.slopes[k - 1] * s.dl_dh[k],
    ),
    _bug(
        "derivative_of_gradient",
        "decides by the sign of dl/dh which units pass it on",
        "Is it the gradient or the preactivation that has to be positive?",
        "The condition is all_f[layer-1] > 0; the sign of all_dl_dh[layer] has nothing to do with it.",
        lambda s, k: _at(s, s.dl_dh[k]) * s.dl_dh[k],
        applies=has_kink,
    ),
    _bug(
        "derivative_at_biases",
        "takes the activation's derivative at the biases",
        "Which numbers go through the activation function?",
        "The preactivations all_f[layer-1] do, not the biases alone.",
        lambda s, k: _at(s, s.biases[k - 1]) * s.dl_dh[k],
    ),
    _bug(
        "activation_for_derivative",
        "multiplies dl/dh by the activation",
        "What is the slope of the activation function at a unit, and what is its value?",
        "Multiply by the derivative at all_f[layer-1], not by all_h[layer].",
        lambda s, k: s.h[k] * s.dl_dh[k],
    ),
    _bug(
        "preactivation_for_derivative",
        "multiplies dl/dh by the preactivation",
        "What is the slope of the activation function at a unit?",
        "Multiply by the derivative at all_f[layer-1], not by all_f[layer-1] itself.",
        lambda s, k: s.f[k - 1] * s.dl_dh[k],
    ),
    _bug(
        "derivative_alone",
        "uses the activation's derivative alone as dl/df",
        "Does all_dl_df[layer-1] depend on what came down from above?",
        "Multiply all_dl_dh[layer] by the activation's derivative; the derivative alone forgets the chain.",
        lambda s, k: s.slopes[k - 1],
    ),
    _bug(
        "derivative_added",
        "adds the activation's derivative to dl/dh",
        "Does the chain rule add or multiply?",
        "all_dl_df[layer-1] is the derivative at all_f[layer-1] times all_dl_dh[layer].",
        lambda s, k: s.slopes[k - 1] + s.dl_dh[k],
    ),
    _bug(
        "sign_for_derivative",
        "takes the sign of the preactivation, -1 where it is negative, for the derivative",
        "What is the slope of a ReLU below zero?",
        "The derivative of a ReLU is 0 below zero, not -1.",
        lambda s, k: np.sign(s.f[k - 1]) * s.dl_dh[k],
        applies=_relu,
    ),
    _bug(
        "leaky_derivative",
        "takes the derivative of a leaky ReLU",
        "What is the slope of a ReLU below zero?",
        "The derivative of a ReLU is exactly 0 below zero.",
        _leak(0.01),
        _leak(0.1),
        _leak(0.2),
        applies=_relu,
    ),
    _rare(
        "other_activation",
        "takes the derivative of another activation function, a sigmoid or tanh",
        "Which activation function does the notebook's forward pass use, and what is its slope?",
        "Take the derivative of the notebook's own activation function at all_f[layer-1], not that of a"
        " sigmoid or tanh.",
        lambda s, k: _of_sigmoid(sigmoid(s.f[k - 1])) * s.dl_dh[k],
        lambda s, k: _of_sigmoid(s.h[k]) * s.dl_dh[k],
        lambda s, k: (1 - np.tanh(s.f[k - 1]) ** 2) * s.dl_dh[k],
        lambda s, k: (1 - s.h[k] ** 2) * s.dl_dh[k],
        applies=has_kink,
    ),
    _rare(
        "first_unit_skipped",
        "leaves the first unit of every hidden layer at zero",
        "Which entries of all_dl_df[layer-1] are zero on every network? If you loop over the units: at which does the"
        " loop start?",
        "Every unit needs its derivative, the first one too: range(n) starts at 0.",
        lambda s, k: _without(s.slopes[k - 1] * s.dl_dh[k], 0),
    ),
    _rare(
        "last_unit_skipped",
        "leaves the last unit of every hidden layer at zero",
        "Which entries of all_dl_df[layer-1] are zero on every network? If you loop over the units: at which does the"
        " loop end?",
        "Every unit needs its derivative, the last one too: range(n) ends at n - 1.",
        lambda s, k: _without(s.slopes[k - 1] * s.dl_dh[k], -1),
    ),
    _bug(
        "no_slope",
        "takes the derivative of a plain ReLU, without the slope below zero",
        "What is the slope of a leaky ReLU below zero?",
        "The derivative of a leaky ReLU is its slope below zero, not 0.",
        _leak(0.0),
        applies=_leaky,
    ),
    _bug(
        "derivative_twice",
        "multiplies by the activation's derivative twice",
        "How often does a preactivation go through its activation function?",
        "Multiply all_dl_dh[layer] by the derivative once.",
        lambda s, k: s.slopes[k - 1] ** 2 * s.dl_dh[k],
        applies=_curved_or_leaky,
    ),
    _bug(
        "derivative_at_activation",
        "takes the activation's derivative at the activation",
        "Does your derivative expect the number before or after the activation function?",
        "Take the derivative at all_f[layer-1]; all_h[layer] has gone through the function already.",
        lambda s, k: _at(s, s.h[k]) * s.dl_dh[k],
        applies=smooth,
    ),
    _bug(
        "derivative_without_square",
        "leaves the square out of the derivative of tanh",
        "Differentiate tanh once more: what is squared?",
        "The derivative of tanh(f) is 1 - tanh(f)**2.",
        lambda s, k: (1 - s.h[k]) * s.dl_dh[k],
        applies=lambda assignment: assignment.formulas.activation is Activation.TANH,
    ),
    _bug(
        "derivative_without_tanh",
        "squares the preactivation in the derivative of tanh",
        "Differentiate tanh once more: what is squared?",
        "The derivative of tanh(f) is 1 - tanh(f)**2, not 1 - f**2.",
        lambda s, k: (1 - s.f[k - 1] ** 2) * s.dl_dh[k],
        applies=lambda assignment: assignment.formulas.activation is Activation.TANH,
    ),
    _bug(
        "half_of_sigmoid",
        "takes 1 - s for the derivative of the sigmoid s",
        "The derivative of the sigmoid is a product. Are both its factors there?",
        "The derivative of s = sigmoid(f) is s * (1 - s).",
        lambda s, k: (1 - s.h[k]) * s.dl_dh[k],
        applies=lambda assignment: assignment.formulas.activation is Activation.SIGMOID,
    ),
)

"""Bugs in all_dl_df[K], the loss derivative at the output."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from grader.oracle.network import Array, Network, activate, forward
from grader.oracle.reference import activation_derivative, loss_derivative
from grader.subjects.networks.diagnosis.bug import (
    Applies,
    Bug,
    Where,
    always,
    averaged_batches,
    cross_entropy,
    least_squares,
    several_outputs,
    summed_batches,
)
from grader.subjects.networks.diagnosis.lines import Lines
from grader.subjects.networks.diagnosis.work import Work

Output = Callable[[Work], Array]


def _bug(  # noqa: PLR0913 - a bug's texts, and its lines
    id_: str,
    title: str,
    hint: str,
    strong: str,
    *outputs: Output,
    applies: Applies = always,
    beside: tuple[str, str] | None = None,
) -> Bug:
    lines = tuple(Lines(output=output) for output in outputs)
    return Bug(id_, title, Where.OUTPUT, lines, hint, strong, applies, beside=beside)


def _rare(id_: str, title: str, hint: str, strong: str, *outputs: Output, applies: Applies = always) -> Bug:
    return replace(_bug(id_, title, hint, strong, *outputs, applies=applies), rare=True)


def _loss(s: Work, output: Array) -> Array:
    """The loss derivative, taken at another array than the output."""
    return loss_derivative(output, s.y, s.formulas)


def _without_biases(s: Work) -> Array:
    """The loss derivative after a forward pass without biases, whose values the lines below go by too."""
    network = s.view.network
    zeros = tuple(np.zeros_like(bias) for bias in network.biases)
    at = forward(Network(network.weights, zeros, network.net_input, network.y), s.formulas)
    s.f, s.h = at.f, at.h
    s.slopes = tuple(activation_derivative(f, s.formulas) for f in at.f)
    return _loss(s, at.f[-1])


BUGS = (
    _bug(
        "missing_factor",
        "halves every gradient, as without the factor 2 of the loss derivative",
        "Everything comes out halved. The loss is a square: what is left in front of it when you differentiate?",
        "The derivative of (f - y)**2 is 2 * (f - y). If your all_dl_df[K] has the 2, the factor 1/2 comes in later.",
        lambda s: s.loss / 2,
        applies=least_squares,
        beside=(
            "brings in a factor of 1/2, as without the factor 2 of the loss derivative",
            "A factor of 1/2 comes in, too. The loss is a square: what is left in front of it when you differentiate?",
        ),
    ),
    _bug(
        "double_factor",
        "doubles every gradient, as with the factor 2 of the loss derivative taken twice",
        "Everything comes out doubled. How many times does the factor of the loss derivative go into your all_dl_df[K],"
        " and into what you return?",
        "d_loss_d_output already holds the factor 2: do not multiply by 2 again, here or later.",
        lambda s: s.loss * 2,
        applies=least_squares,
        beside=(
            "brings in a factor of 2, as with the factor 2 of the loss derivative taken twice",
            "A factor of 2 comes in, too. How many times does the loss derivative's factor go into what you return?",
        ),
    ),
    _bug(
        "wrong_sign",
        "negates every gradient: each is -1 times what it should be",
        "Everything comes out with the wrong sign. If the output is too large, should the loss derivative be positive"
        " or negative? And what happens to the gradients before they are returned?",
        "Either the loss derivative has the wrong sign (it is the output minus the target, not the target minus the"
        " output), or the gradients are negated later: what is returned is the gradient, not a step down it.",
        lambda s: -s.loss,
        beside=(
            "brings in a factor of -1, as with the wrong sign of the loss derivative",
            "A factor of -1 comes in, too. Has the loss derivative the right sign, and is it kept to the end?",
        ),
    ),
    _bug(
        "wrong_sign_and_factor",
        "multiplies every gradient by -1/2, as with y - output for the loss derivative",
        "Everything comes out -1/2 times what it should be. Differentiate (f - y)**2 with respect to f once more,"
        " factor and sign.",
        "The derivative of (f - y)**2 is 2 * (f - y), not y - f. If your all_dl_df[K] is right, the factor comes"
        " in later.",
        lambda s: -s.loss / 2,
        applies=least_squares,
        beside=(
            "brings in a factor of -1/2, as with y - output for the loss derivative",
            "A factor of -1/2 comes in, too. Differentiate (f - y)**2 with respect to f once more, factor and sign.",
        ),
    ),
    _bug(
        "mean_over_outputs",
        "divides every gradient by the number of outputs, as with a mean over them",
        "Try a network with two outputs: is the loss a sum or a mean over them?",
        "The loss is summed over the outputs: do not divide by their number.",
        lambda s: s.loss / len(s.y),
        applies=several_outputs,
        beside=(
            "brings in a factor of one over the number of outputs, as with a mean over them",
            "Try a network with two outputs: is the loss a sum or a mean over them?",
        ),
    ),
    _bug(
        "mean_over_columns",
        "divides every gradient by the number of columns of the batch, or of numbers in y, as with a mean over them",
        "Try a batch of two columns: is the loss a sum or a mean over them?",
        "The loss is summed over the columns: do not divide by their number.",
        lambda s: s.loss / s.columns,
        lambda s: s.loss / s.y.size,
        applies=summed_batches,
        beside=(
            "brings in a factor of one over the number of columns, or of numbers in y, as with a mean over them",
            "Try a batch of two columns: is the loss a sum or a mean over them?",
        ),
    ),
    _bug(
        "sum_over_columns",
        "multiplies every gradient by the number of columns of the batch, as with a sum over them",
        "Try a batch of two columns: is the loss a sum or a mean over them?",
        "The loss is the mean over the columns: divide by their number.",
        lambda s: s.loss * s.columns,
        applies=averaged_batches,
        beside=(
            "brings in the number of columns as a factor, as with a sum over them",
            "Try a batch of two columns: is the loss a sum or a mean over them?",
        ),
    ),
    _bug(
        "loss_for_derivative",
        "starts from the loss itself, and not from a derivative",
        "What does all_dl_df[K] hold: the loss, or how the loss changes with the output?",
        "The derivative of (f - y)**2 is 2 * (f - y); the square itself is the loss.",
        lambda s: (s.loss / 2) ** 2,
        lambda s: np.full_like(s.loss, np.sum((s.loss / 2) ** 2)),
        applies=least_squares,
    ),
    _bug(
        "no_target",
        "leaves the target out of the loss derivative",
        "Does your all_dl_df[K] change when y changes?",
        "The loss derivative depends on y: call d_loss_d_output(all_f[K], y).",
        lambda s: loss_derivative(s.f[-1], np.zeros_like(s.y), s.formulas),
    ),
    _bug(
        "derivative_at_output",
        "multiplies by the activation's derivative at the output too",
        "Which layers have an activation function: also the last one?",
        "The output is f[K] itself, no activation follows it: all_dl_df[K] is the loss derivative alone.",
        lambda s: s.slopes[-1] * s.loss,
    ),
    _bug(
        "loss_at_other_layer",
        "takes the loss derivative at another layer than the output",
        "Which entry of which list is the network's output?",
        "The output is all_f[K]: call d_loss_d_output(all_f[K], y).",
        lambda s: _loss(s, s.f[s.top - 1]),
        lambda s: _loss(s, s.h[-1]),
        lambda s: _loss(s, s.f[0]),
        lambda s: _loss(s, s.h[0]),
    ),
    _bug(
        "logits_for_probabilities",
        "takes the logits for probabilities in the loss derivative",
        "What does the loss make of all_f[K] before it compares it with y?",
        "The cross-entropy takes logits: its derivative is the sigmoid (or softmax) of all_f[K], minus y.",
        lambda s: s.f[-1] - s.y,
        lambda s: 2 * (s.f[-1] - s.y),
        applies=cross_entropy,
    ),
    _rare(
        "activation_at_output",
        "applies the activation function to the output before it takes the loss derivative",
        "Which layers have an activation function: also the last one?",
        "The output is all_f[K] itself, no activation follows it: call d_loss_d_output(all_f[K], y).",
        lambda s: _loss(s, activate(s.f[-1], s.formulas)),
    ),
    _rare(
        "absolute_loss",
        "keeps only the sign of output minus target in the loss derivative, as for an absolute error",
        "The loss is a square. Does its derivative grow with the error, or is it the same for small and large ones?",
        "The derivative of (f - y)**2 is 2 * (f - y), not its sign.",
        lambda s: 2 * np.sign(s.f[-1] - s.y),
        lambda s: np.sign(s.f[-1] - s.y),
        applies=least_squares,
    ),
    Bug(
        "forward_without_biases",
        "goes by a forward pass without the biases, whose values are not all_f and all_h",
        Where.WHOLE,
        (Lines(output=_without_biases),),
        "Does your function compute a forward pass of its own? Compare its values with all_f and all_h.",
        "all_f[layer] is all_biases[layer] + all_weights[layer] @ all_h[layer]: use the all_f and all_h that are handed"
        " over.",
        rare=True,
    ),
)

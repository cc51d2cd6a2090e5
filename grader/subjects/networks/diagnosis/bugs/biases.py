"""Bugs in all_dl_dbiases[layer]."""

import numpy as np

from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Applies, Bug, Where, always, batches
from grader.subjects.networks.diagnosis.lines import Line, Lines
from grader.subjects.networks.diagnosis.work import Work


def _bug(id_: str, title: str, hint: str, strong: str, *biases: Line, applies: Applies = always) -> Bug:
    return Bug(id_, title, Where.BIAS, tuple(Lines(bias=bias) for bias in biases), hint, strong, applies)


def _sum(part: Array) -> Array:
    return part.sum(axis=1, keepdims=True)


def _above(s: Work, k: int) -> Array:
    """dl/dh of the layer's own units; at the output dl/df, as nothing comes after it."""
    return s.dl_dh[k + 1] if k < s.top else s.dl_df[k]


BUGS = (
    _bug(
        "zero_biases",
        "returns zeros for every bias gradient",
        "Every entry of all_dl_dbiases is zero at the end. Which statement should write it, does that run in every"
        " layer, and does a later line change its arrays?",
        "all_dl_dbiases[layer] is all_dl_df[layer], in every layer from K down.",
        lambda s, k: np.zeros_like(s.biases[k]),
    ),
    _bug(
        "bias_from_activation",
        "takes the bias gradient from dl/dh",
        "Is a bias added before or after the activation function?",
        "A bias is added to the preactivation: its gradient is all_dl_df[layer], after the activation's derivative.",
        lambda s, k: _sum(_above(s, k)),
        lambda s, k: _sum(s.weights[k].T @ s.dl_df[k]),
    ),
    _bug(
        "bias_sign",
        "has the bias gradient with the opposite sign",
        "A larger bias makes its preactivation larger. Which sign does that give?",
        "all_dl_dbiases[layer] is all_dl_df[layer], with the same sign, if all_dl_df[K] has that of the output minus"
        " the target.",
        lambda s, k: -_sum(s.dl_df[k]),
    ),
    _bug(
        "bias_times_bias",
        "multiplies the bias gradient by the biases",
        "What is the derivative of b + W h with respect to b?",
        "The derivative of b + W h with respect to b is 1: all_dl_dbiases[layer] is all_dl_df[layer] alone.",
        lambda s, k: s.biases[k] * _sum(s.dl_df[k]),
    ),
    _bug(
        "bias_summed_over_units",
        "gives every bias of a layer the sum of the layer's gradient",
        "How many biases does a layer have, and how many different numbers does your gradient of them hold?",
        "Each unit has its own bias: do not sum over the units, only over the columns of a batch.",
        lambda s, k: np.full_like(s.biases[k], np.sum(s.dl_df[k])),
    ),
    _bug(
        "bias_mean_over_units",
        "gives every bias of a layer the mean of the layer's gradient",
        "How many biases does a layer have, and how many different numbers does your gradient of them hold?",
        "Each unit has its own bias: all_dl_dbiases[layer] is all_dl_df[layer], not its mean.",
        lambda s, k: np.full_like(s.biases[k], np.mean(s.dl_df[k])),
    ),
    _bug(
        "one_number_for_biases",
        "makes a single number of the bias gradient of a layer",
        "How many biases does a layer have, and how many numbers does your gradient of them hold?",
        "Each unit has its own bias: do not sum over the units, only over the columns of a batch.",
        lambda s, k: np.asarray(np.sum(s.dl_df[k])),
        lambda s, k: np.sum(s.dl_df[k], axis=0, keepdims=True),
        lambda s, k: np.sum(s.dl_df[k], axis=0),
    ),
    _bug(
        "bias_from_weight_gradient",
        "takes the bias gradient from the weight gradient",
        "Does a bias's gradient depend on what goes into its layer?",
        "all_dl_dbiases[layer] is all_dl_df[layer]; summing all_dl_dweights[layer] multiplies it by all_h[layer].",
        lambda s, k: _sum(s.dl_dweights[k]),
    ),
    _bug(
        "bias_derivative_twice",
        "multiplies the bias gradient by the activation's derivative once more",
        "Is the activation's derivative in all_dl_df[layer] already?",
        "all_dl_df[layer] holds the activation's derivative already, and the output layer has none.",
        lambda s, k: _sum(s.slopes[k] * s.dl_df[k]),
    ),
    _bug(
        "batch_not_summed",
        "does not sum the bias gradient over the columns of the batch",
        "Every column of the batch uses the same biases. What does that do to their gradient?",
        "Sum all_dl_df[layer] over its columns: np.sum(all_dl_df[layer], axis=1, keepdims=True).",
        lambda s, k: s.dl_df[k][:, :1],
        lambda s, k: s.dl_df[k],
        applies=batches,
    ),
    _bug(
        "bias_mean_over_batch",
        "averages the bias gradient over the columns of the batch",
        "Is the loss a sum or a mean over the columns of the batch?",
        "Sum all_dl_df[layer] over its columns instead of averaging it.",
        lambda s, k: s.dl_df[k].mean(axis=1, keepdims=True),
        applies=batches,
    ),
)

#: Tried only beside another bug: alone, its factor is read off the numbers.
FACTOR = _bug(
    "bias_factor",
    "multiplies the bias gradient by a factor, 2 or a half",
    "What is the derivative of b + W h with respect to b?",
    "all_dl_dbiases[layer] is all_dl_df[layer], without a factor of its own.",
    lambda s, k: 2 * _sum(s.dl_df[k]),
    lambda s, k: _sum(s.dl_df[k]) / 2,
)

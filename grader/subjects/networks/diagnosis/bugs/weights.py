"""Bugs in all_dl_dweights[layer]."""

from dataclasses import replace

import numpy as np

from grader.oracle.network import Array, activate
from grader.subjects.networks.diagnosis.bug import Applies, Bug, Where, always, batches
from grader.subjects.networks.diagnosis.lines import Line, Lines
from grader.subjects.networks.diagnosis.work import Work


def _bug(id_: str, title: str, hint: str, strong: str, *weights: Line, applies: Applies = always) -> Bug:
    return Bug(id_, title, Where.WEIGHT, tuple(Lines(weight=weight) for weight in weights), hint, strong, applies)


def _rare(id_: str, title: str, hint: str, strong: str, *weights: Line) -> Bug:
    return replace(_bug(id_, title, hint, strong, *weights), rare=True)


def _right_gradient(s: Work, k: int) -> Array:
    return s.dl_df[k] @ s.h[k].T


def _above(s: Work, k: int) -> Array:
    return s.dl_dh[k + 1] if k < s.top else s.dl_df[k]


#: A column beside which another one came to stand, of the weights and the biases in one matrix.
_AUGMENTED = Bug(
    "augmented_split",
    "moves the columns of the gradients by one, as where one matrix of weights and biases is split at its wrong end",
    Where.WEIGHT,
    (
        Lines(
            weight=lambda s, k: s.dl_df[k] @ np.vstack([np.ones((1, s.columns)), s.h[k][:-1]]).T,
            bias=lambda s, k: s.dl_df[k] @ s.h[k][-1:].T,
        ),
        Lines(
            weight=lambda s, k: s.dl_df[k] @ np.vstack([s.h[k][1:], np.ones((1, s.columns))]).T,
            bias=lambda s, k: s.dl_df[k] @ s.h[k][:1].T,
        ),
    ),
    "If biases and weights are columns of one matrix: which column is the biases', where you make the matrix and where"
    " you take it apart?",
    "Take the column of the biases from the end at which you put the 1 beside all_h[layer].",
    fails=("bias_gradient", "weight_gradient"),
    rare=True,
)

BUGS = (
    _bug(
        "zero_weights",
        "returns zeros for every weight gradient",
        "Every entry of all_dl_dweights is zero at the end. Which statement should write it, does that run in every"
        " layer, and does a later line change its arrays?",
        "all_dl_dweights[layer] is all_dl_df[layer] @ all_h[layer].T, in every layer from K down.",
        lambda s, k: np.zeros_like(s.weights[k]),
    ),
    _bug(
        "previous_activation",
        "takes the weight gradient from all_h[layer-1]",
        "What are the weights of a layer multiplied with in the forward pass?",
        "all_weights[layer] is multiplied with all_h[layer], not with all_h[layer-1].",
        lambda s, k: s.dl_df[k] @ s.h[k - 1].T,
        lambda s, k: s.dl_df[k] @ s.h[max(k - 1, 0)].T,
    ),
    _bug(
        "preactivation",
        "takes the weight gradient from all_f[layer-1], before the activation function",
        "What goes into a layer: the numbers before or after the activation function?",
        "all_weights[layer] is multiplied with all_h[layer], which has gone through the activation function.",
        lambda s, k: s.dl_df[k] @ (s.f[k - 1] if k else s.h[0]).T,
        lambda s, k: s.dl_df[k] @ s.f[k - 1].T,
    ),
    _bug(
        "own_preactivation",
        "takes the weight gradient from all_f[layer], what comes out of the layer",
        "Is it what goes into a layer or what comes out of it that its weights are multiplied with?",
        "all_weights[layer] is multiplied with all_h[layer]; all_f[layer] is the result.",
        lambda s, k: s.dl_df[k] @ s.f[k].T,
    ),
    _rare(
        "next_activation",
        "takes the weight gradient from all_h[layer+1], what comes out of the layer",
        "Is it what goes into a layer or what comes out of it that its weights are multiplied with?",
        "all_weights[layer] is multiplied with all_h[layer]; all_h[layer+1] is made of the result.",
        lambda s, k: s.dl_df[k] @ (s.h[k + 1] if k < s.top else s.f[k]).T,
        lambda s, k: s.dl_df[k] @ s.h[min(k + 1, s.top)].T,
    ),
    _bug(
        "weights_from_input",
        "takes every layer's weight gradient from the network's input",
        "What goes into the second layer of a network?",
        "all_h[0] goes into the first layer only: use all_h[layer].",
        lambda s, k: s.dl_df[k] @ s.h[0].T,
    ),
    _bug(
        "transposed_weight_gradient",
        "transposes the weight gradient",
        "Compare all_dl_dweights[layer] with all_weights[layer]: what do a row and a column belong to in each?",
        "It is all_dl_df[layer] @ all_h[layer].T, a row for each unit of the layer, not its transpose.",
        lambda s, k: _right_gradient(s, k).T,
    ),
    _rare(
        "reshaped_weight_gradient",
        "brings the transposed weight gradient into the shape of the weights row by row, as a reshape does",
        "Write out the weight gradient of a layer with two inputs and three units. Which number stands where in your"
        " array, and where does it belong?",
        "It is all_dl_df[layer] @ all_h[layer].T: a reshape gives that shape to the other product, and transposes"
        " nothing.",
        lambda s, k: _right_gradient(s, k).T.reshape(s.weights[k].shape),
    ),
    _bug(
        "elementwise_weight_gradient",
        "multiplies dl/df and the activations entry by entry",
        "How many weights does a layer have, and how many products does your line make?",
        "Every unit meets every activation: np.matmul(all_dl_df[layer], all_h[layer].T), not all_dl_df * all_h.",
        lambda s, k: s.dl_df[k] * s.h[k],
    ),
    _bug(
        "weight_gradient_without_transpose",
        "leaves out the transpose of the activations in the weight gradient",
        "Write down the shapes of all_dl_df[layer] and all_h[layer]: which product has the shape of the weights?",
        "(out x 1) times (1 x in) needs the transpose: all_dl_df[layer] @ all_h[layer].T.",
        lambda s, k: s.dl_df[k] @ s.h[k],
    ),
    _bug(
        "inner_product",
        "transposes dl/df in the weight gradient",
        "Which of the two columns has to be laid down as a row?",
        "all_dl_df[layer] @ all_h[layer].T is an outer product; with the transpose on the left it is a single number.",
        lambda s, k: s.dl_df[k].T @ s.h[k],
    ),
    _rare(
        "dot_of_flat_arrays",
        "takes the dot product of two flat arrays for the weight gradient, which is a single number",
        "What does np.dot make of two arrays of shape (n,): one number, or one for each pair of entries?",
        "Each pair of entries has its product: all_dl_df[layer] @ all_h[layer].T, or np.outer of the two.",
        lambda s, k: np.asarray(np.dot(s.dl_df[k].ravel(), s.h[k].ravel())),
    ),
    _bug(
        "weights_without_activation",
        "leaves the activations out of the weight gradient",
        "If what goes into a layer is doubled, what happens to the gradient of its weights?",
        "Each weight is multiplied with an activation: the gradient is all_dl_df[layer] @ all_h[layer].T.",
        lambda s, k: s.dl_df[k] @ np.ones_like(s.h[k]).T,
    ),
    _bug(
        "weights_from_activation_gradient",
        "takes the weight gradient from dl/dh",
        "Do the weights act before or after the activation function?",
        "The weights make the preactivation: use all_dl_df[layer], after the activation's derivative.",
        lambda s, k: _above(s, k) @ s.h[k].T,
    ),
    # By its numbers it may also be the derivative that comes too late: as a pair, it would hide that.
    Bug(
        "gradients_from_activation_gradient",
        "takes the gradients of both the weights and the biases from dl/dh",
        Where.WEIGHT,
        (
            Lines(
                weight=lambda s, k: _above(s, k) @ s.h[k].T, bias=lambda s, k: _above(s, k).sum(axis=1, keepdims=True)
            ),
        ),
        "Do the weights and the biases of a layer act before or after the activation function?",
        "Weights and biases make the preactivation: use all_dl_df[layer], after the activation's derivative, for both.",
        fails=("bias_gradient", "weight_gradient"),
    ),
    _bug(
        "weight_sign",
        "has the weight gradient with the opposite sign",
        "A larger weight on a positive activation makes the preactivation larger. Which sign does that give?",
        "all_dl_dweights[layer] is all_dl_df[layer] @ all_h[layer].T, with the same sign, if all_dl_df[K] has that of"
        " the output minus the target.",
        lambda s, k: -_right_gradient(s, k),
    ),
    _bug(
        "weights_times_weights",
        "multiplies the weight gradient by the weights",
        "What is the derivative of b + W h with respect to W?",
        "The derivative of W h with respect to W is h: the weights themselves are not in it.",
        lambda s, k: s.weights[k] * _right_gradient(s, k),
    ),
    _bug(
        "weights_derivative_twice",
        "multiplies the weight gradient by the activation's derivative once more",
        "Is the activation's derivative in all_dl_df[layer] already?",
        "all_dl_df[layer] holds the activation's derivative already, and the output layer has none.",
        lambda s, k: (s.slopes[k] * s.dl_df[k]) @ s.h[k].T,
    ),
    _bug(
        "weights_mean_over_batch",
        "averages the weight gradient over the columns of the batch",
        "Is the loss a sum or a mean over the columns of the batch?",
        "all_dl_df[layer] @ all_h[layer].T sums over the columns: do not divide by their number.",
        lambda s, k: _right_gradient(s, k) / s.columns,
        applies=batches,
    ),
    _rare(
        "weight_gradient_of_inputs",
        "leaves dl/df out of the weight gradient",
        "Does the weight gradient of a layer depend on what came down to it?",
        "all_dl_dweights[layer] is all_dl_df[layer] @ all_h[layer].T, with dl/df as a factor.",
        lambda s, k: np.ones_like(s.dl_df[k]) @ s.h[k].T,
    ),
    _rare(
        "first_layer_without_input",
        "leaves the input out of the first layer's weight gradient",
        "What are the weights of the first layer multiplied with in the forward pass?",
        "all_h[0] is the network's input: all_dl_dweights[0] is all_dl_df[0] @ all_h[0].T.",
        lambda s, k: _right_gradient(s, k) if k else _right_gradient(s, 0) * 0 + s.dl_df[0].sum(axis=1, keepdims=True),
    ),
    _rare(
        "weights_divided_by_inputs",
        "divides the weight gradient by the number of inputs of the layer",
        "By what do you divide the weight gradient, and does the loss divide by it?",
        "all_dl_dweights[layer] is all_dl_df[layer] @ all_h[layer].T: nothing is averaged over the inputs.",
        lambda s, k: _right_gradient(s, k) / len(s.h[k]),
    ),
    _rare(
        "activation_of_input",
        "applies the activation function to the network's input in the first layer's weight gradient",
        "What goes into the first layer: does the input pass through the activation function before?",
        "all_h[0] is the input itself: all_dl_dweights[0] is all_dl_df[0] @ all_h[0].T.",
        lambda s, k: s.dl_df[k] @ (s.h[k] if k else activate(s.h[0], s.formulas)).T,
    ),
    _AUGMENTED,
)

#: Tried only beside another bug: alone, its factor is read off the numbers.
FACTOR = _bug(
    "weight_factor",
    "multiplies the weight gradient by a factor, 2 or a half",
    "What is the derivative of b + W h with respect to W?",
    "all_dl_dweights[layer] is all_dl_df[layer] @ all_h[layer].T, without a factor of its own.",
    lambda s, k: 2 * _right_gradient(s, k),
    lambda s, k: _right_gradient(s, k) / 2,
)

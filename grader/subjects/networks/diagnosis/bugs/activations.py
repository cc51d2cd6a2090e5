"""Bugs in all_dl_dh[layer]."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.lines import Line, Lines, right_weight
from grader.subjects.networks.diagnosis.work import Work


def _bug(id_: str, title: str, hint: str, strong: str, *activations: Line, either: bool = False) -> Bug:
    lines = tuple(Lines(activation=activation) for activation in activations)
    return Bug(id_, title, Where.ACTIVATION, lines, hint, strong, either=either)


def _rare(id_: str, title: str, hint: str, strong: str, *activations: Line) -> Bug:
    return replace(_bug(id_, title, hint, strong, *activations), rare=True)


def _misshapen(id_: str, title: str, hint: str, strong: str, *activations: Line, either: bool = False) -> Bug:
    """A bug that makes dl/dh a matrix; the layer below then depends on how its weight gradient is written."""
    lines = tuple(
        Lines(activation=activation, weight=weight) for activation in activations for weight in (right_weight, *OUTER)
    )
    return Bug(id_, title, Where.ACTIVATION, lines, hint, strong, either=either)


def _right(s: Work, k: int) -> Array:
    return s.weights[k].T @ s.dl_df[k]


def _share(axis: int, of: Callable[[Array], Array]) -> Line:
    def share(s: Work, k: int) -> Array:
        weights = of(s.weights[k])
        return np.asarray((weights / weights.sum(axis=axis, keepdims=True)).T @ s.dl_df[k])

    return share


def _clip(limit: int) -> Iterator[Lines]:
    def clip(s: Work, k: int) -> Array:
        return np.clip(_right(s, k), -limit, limit)

    def output(s: Work) -> Array:
        return np.clip(s.loss, -limit, limit)

    yield Lines(activation=clip)
    yield Lines(output=output, activation=clip)


#: The right weight gradient of one column, in other functions of NumPy's.
OUTER: tuple[Line, ...] = (
    lambda s, k: np.outer(s.dl_df[k], s.h[k]),
    lambda s, k: np.einsum("ic,jc->ij", s.dl_df[k], s.h[k]),
)


BUGS = (
    _bug(
        "no_propagation",
        "returns zeros below the output layer, as if dl/dh stayed zero",
        "Every gradient below the output layer is zero. What does all_dl_dh[layer] hold when all_dl_df[layer-1] is made"
        " from it? Is its line still to be written, or does the loop end before it comes there?",
        "all_dl_dh[layer] is all_weights[layer].T @ all_dl_df[layer], in every layer from K down.",
        lambda s, k: np.zeros_like(s.h[k]),
    ),
    _bug(
        "missing_transpose",
        "does not transpose the weights on the way down",
        "Take a layer with two units and three inputs: which number of all_weights[layer] stands where in your product,"
        " and which in the transpose?",
        "On the way down it is all_weights[layer].T @ all_dl_df[layer].",
        lambda s, k: s.weights[k] @ s.dl_df[k],
        lambda s, k: s.weights[k].reshape(s.weights[k].T.shape) @ s.dl_df[k],
        # With one unit in the layer, einsum takes its number for all.
        lambda s, k: np.einsum("ij,jc->ic", s.weights[k], s.dl_df[k]),
    ),
    _bug(
        "through_weight_gradient",
        "propagates through dl/dweights",
        "What connects an activation to the next preactivations: the weights, or their gradient?",
        "Multiply by the weights that the function was called with: not by all_dl_dweights[layer].T, nor by what a line"
        " above has written into all_weights[layer].",
        lambda s, k: s.dl_dweights[k].T @ s.dl_df[k],
    ),
    _bug(
        "other_layers_weights",
        "propagates through the weights of another layer",
        "Which weights lie between all_h[layer] and all_f[layer]?",
        "all_f[layer] is made of all_h[layer] by all_weights[layer]: use those, not a neighbour's.",
        lambda s, k: s.weights[k - 1].T @ s.dl_df[k],
        lambda s, k: s.weights[min(k + 1, s.top)].T @ s.dl_df[k],
    ),
    Bug(
        "no_weights",
        "leaves the weights out on the way down",
        Where.ACTIVATION,
        (
            Lines(activation=lambda s, k: s.dl_df[k]),
            Lines(activation=lambda s, k: np.ones_like(s.weights[k]).T @ s.dl_df[k]),
            # all_dl_dh[layer] is right, and all_dl_df[layer] is taken in its place.
            Lines(derivative=lambda s, k: s.slopes[k - 1] * s.dl_df[k]),
        ),
        "Through what does an activation reach the next preactivations?",
        "dl/df has to go through the weights: all_weights[layer].T @ all_dl_df[layer].",
    ),
    _misshapen(
        "elementwise_weights",
        "multiplies the weights and dl/df entry by entry",
        "An activation reaches every preactivation of its layer. Where are those paths added up?",
        "Use np.matmul (or @) for all_weights[layer].T and all_dl_df[layer]; * does not add up.",
        lambda s, k: s.weights[k].T * s.dl_df[k],
        lambda s, k: s.weights[k] * s.dl_df[k],
    ),
    _bug(
        "derivative_not_carried_on",
        "carries dl/dh on to the next layer, past the activation's derivative",
        "After the activation's derivative is multiplied in at a layer, does the layer below see it?",
        "all_dl_dh[layer] is made from all_dl_df[layer], which holds the activation's derivative; not from all_dl_dh.",
        lambda s, k: s.weights[k].T @ (s.dl_dh[k + 1] if k < s.top else s.dl_df[k]),
    ),
    _bug(
        "from_output_always",
        "starts every layer from all_dl_df[K]",
        "Which dl/df does a layer in the middle need: the output's, or its own?",
        "Use all_dl_df[layer]: the derivative goes down layer by layer.",
        lambda s, k: s.weights[k].T @ s.dl_df[s.top],
    ),
    _bug(
        "activation_sign",
        "changes the sign at every layer on the way down",
        "A positive weight makes the next preactivation grow with the activation. Which sign does that give?",
        "all_dl_dh[layer] is all_weights[layer].T @ all_dl_df[layer], without a minus.",
        lambda s, k: -_right(s, k),
    ),
    _misshapen(
        "row_for_column",
        "multiplies a row by a column on the way down, so that dl/df becomes a matrix",
        "Print the shapes of all_dl_dh[layer] and all_h[layer], of all_dl_df[layer-1] and all_f[layer-1]."
        " Are they the same?",
        "all_weights[layer].T @ all_dl_df[layer] is a column, as is the activation's derivative; who carries rows down"
        " needs that derivative as a row, too.",
        lambda s, k: s.dl_df[k].T @ s.weights[k],
        either=True,
    ),
    _bug(
        "factor_at_every_layer",
        "brings in a factor, 2 or a half, at every layer on the way down",
        "Where does a factor belong: once, at the loss, or at every layer?",
        "The factor 2 belongs to the loss derivative alone; all_dl_dh[layer] has none of its own.",
        lambda s, k: 2 * _right(s, k),
        lambda s, k: _right(s, k) / 2,
        either=True,
    ),
    Bug(
        "derivative_before_weights",
        "multiplies by the activation's derivative on the wrong side of the weights",
        Where.DERIVATIVE,
        (
            Lines(
                activation=lambda s, k: s.weights[k].T @ (s.slopes[k] * s.dl_df[k]),
                derivative=lambda s, k: s.dl_dh[k],
            ),
            # The output has no activation function.
            Lines(
                activation=lambda s, k: s.weights[k].T @ (s.slopes[k] * s.dl_df[k] if k < s.top else s.dl_df[k]),
                derivative=lambda s, k: s.dl_dh[k],
            ),
        ),
        "Going down from a layer, what comes first: its weights, or the activation function below it?",
        "First all_weights[layer].T @ all_dl_df[layer], then times the derivative at all_f[layer-1].",
    ),
    _bug(
        "summed_over_inputs",
        "adds up over the inputs of the layer on the way down",
        "all_dl_dh[layer] has an entry for each input of the layer. Over what do you add up, and what is left?",
        "Add up over the units of the layer: all_weights[layer].T @ all_dl_df[layer].",
        lambda s, k: np.sum(s.weights[k] * s.dl_df[k], axis=1, keepdims=True),
        lambda s, k: np.resize(np.sum(s.weights[k] * s.dl_df[k], axis=1), s.h[k].shape),
    ),
    _rare(
        "magnitudes_of_weights",
        "propagates through the absolute values of the weights",
        "If a weight is negative, what does a larger activation do to the next preactivation?",
        "The sign of a weight counts: all_dl_dh[layer] is all_weights[layer].T @ all_dl_df[layer].",
        lambda s, k: np.abs(s.weights[k]).T @ s.dl_df[k],
    ),
    _rare(
        "inverse_of_weights",
        "propagates through the pseudoinverse of the weights",
        "On the way down, are the weights undone, or multiplied with once more?",
        "It is the transpose: all_dl_dh[layer] is all_weights[layer].T @ all_dl_df[layer].",
        lambda s, k: np.linalg.pinv(s.weights[k]) @ s.dl_df[k],
    ),
    _rare(
        "shares_of_weights",
        "divides the weights by their sum on the way down",
        "Is all_dl_dh[layer] a share of the error, or a derivative?",
        "The weights are taken as they are: all_dl_dh[layer] is all_weights[layer].T @ all_dl_df[layer].",
        *(_share(axis, of) for axis in (1, 0) for of in (np.asarray, np.abs)),
    ),
    Bug(
        "clipped_on_the_way",
        "clips the gradient at every layer on the way down",
        Where.ACTIVATION,
        tuple(lines for limit in (1, 5, 10) for lines in _clip(limit)),
        "May a derivative be large, and what becomes of the layers below if it is cut off?",
        "A large derivative is a derivative all the same: do not clip.",
        rare=True,
        either=True,
    ),
    _rare(
        "weights_flipped",
        "reverses the order of the weights' rows or columns on the way down",
        "Take a layer with two units and three inputs: which number of all_weights[layer] stands where in your product,"
        " and which in the transpose?",
        "On the way down it is all_weights[layer].T @ all_dl_df[layer]: a transpose, and no rotation.",
        lambda s, k: s.weights[k].T[::-1] @ s.dl_df[k],
        lambda s, k: s.weights[k][::-1].T @ s.dl_df[k],
    ),
    _rare(
        "mean_before_weights",
        "takes the sum or the mean of dl/df over the units before it goes through the weights",
        "An activation reaches each preactivation through a weight of its own. What do you multiply by that weight?",
        "Each weight is multiplied by its own unit's entry of all_dl_df[layer]: all_dl_dh[layer] is"
        " all_weights[layer].T @ all_dl_df[layer].",
        lambda s, k: s.weights[k].sum(axis=0, keepdims=True).T * s.dl_df[k].mean(axis=0, keepdims=True),
        lambda s, k: s.weights[k].sum(axis=0, keepdims=True).T * s.dl_df[k].sum(axis=0, keepdims=True),
    ),
    _rare(
        "mean_over_units",
        "divides by the number of units of the layer at every layer on the way down, as a mean does",
        "An activation reaches several preactivations of its layer. Do their contributions add up, or average?",
        "all_dl_dh[layer] is all_weights[layer].T @ all_dl_df[layer]: a sum over the units of the layer, not a mean.",
        lambda s, k: _right(s, k) / len(s.dl_df[k]),
    ),
    _rare(
        "sum_not_reset",
        "adds the sums of the units before to dl/dh, as when a sum does not start at zero for each unit",
        "If you add up in a loop: where is the sum set to zero, and how often does that line run?",
        "Each entry of all_dl_dh[layer] is a sum of its own, which starts at zero: set it inside the loop over"
        " the units.",
        lambda s, k: np.cumsum(_right(s, k), axis=0),
    ),
    _rare(
        "last_term_only",
        "keeps only the last unit's contribution to dl/dh",
        "An activation reaches every preactivation of its layer. If you loop over them: does a later one add to what is"
        " there, or replace it?",
        "Every unit of the layer contributes to all_dl_dh[layer]: add with +=, or use all_weights[layer].T @"
        " all_dl_df[layer].",
        lambda s, k: s.weights[k][-1:].T @ s.dl_df[k][-1:],
    ),
    _rare(
        "first_term_only",
        "keeps only the first unit's contribution to dl/dh",
        "An activation reaches every preactivation of its layer. If you loop over them: does a later one add to what is"
        " there?",
        "Every unit of the layer contributes to all_dl_dh[layer]: add with +=, or use all_weights[layer].T @"
        " all_dl_df[layer].",
        lambda s, k: s.weights[k][:1].T @ s.dl_df[k][:1],
    ),
    _rare(
        "one_layer_down_only",
        "carries the derivative one layer down from the output, and zeros below that",
        "Which entry of all_dl_df is known first, and in which order does your loop go through the layers?",
        "all_dl_dh[layer] needs all_dl_df[layer], which is made in the layer above: the loop should go from layer K"
        " down to 0.",
        lambda s, k: _right(s, k) if k == s.top else np.zeros_like(s.h[k]),
    ),
)

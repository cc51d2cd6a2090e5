"""Bugs in what is returned: right numbers in the wrong form."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.lines import Lines
from grader.subjects.networks.diagnosis.work import Work

Returns = Callable[[Work], object]


def _bug(id_: str, title: str, hint: str, strong: str, *returns: Returns) -> Bug:
    lines = tuple(Lines(returned=returned) for returned in returns)
    return Bug(id_, title, Where.RETURN, lines, hint, strong, fails=())


def _stop_at_zeros(s: Work, above: int) -> tuple[list[Array | None], list[Array | None]]:
    """Both lists, with nothing below a layer whose dl/df is zero, or from it on."""
    last = next((k for k in range(s.top, -1, -1) if not s.dl_df[k].any()), -above)
    weights, biases = (
        [None if k < last + above else part for k, part in enumerate(parts)] for parts in (s.dl_dweights, s.dl_dbiases)
    )
    return weights, biases


RETURNED_EARLY = _bug(
    "returned_early",
    "returns the gradients of the output layer alone",
    "Which layers does your function come to before it returns?",
    "Each layer from K down to 0 has its gradients. A return that stands in the loop belongs below it.",
    lambda s: ([None] * s.top + s.dl_dweights[-1:], [None] * s.top + s.dl_dbiases[-1:]),
    lambda s: (s.dl_dweights[-1:], s.dl_dbiases[-1:]),
)

BUGS = (
    _bug(
        "returned_swapped",
        "returns the bias gradients first and the weight gradients second",
        "In which order does the notebook take what backward_pass returns?",
        "The last line is: return all_dl_dweights, all_dl_dbiases.",
        lambda s: (s.dl_dbiases, s.dl_dweights),
    ),
    _bug(
        "returned_reversed",
        "returns its lists from the output layer down to the first",
        "Which layer does the first entry of your lists belong to?",
        "Entry k belongs to layer k: who appends from the output down has to reverse the lists before returning them.",
        lambda s: (s.dl_dweights[::-1], s.dl_dbiases[::-1]),
    ),
    _bug(
        "biases_reversed",
        "returns the list of bias gradients from the output layer down to the first",
        "Which layer does the first entry of your list of bias gradients belong to?",
        "Entry k belongs to layer k, in both lists: reverse the bias gradients, too.",
        lambda s: (s.dl_dweights, s.dl_dbiases[::-1]),
    ),
    _bug(
        "weights_reversed",
        "returns the list of weight gradients from the output layer down to the first",
        "Which layer does the first entry of your list of weight gradients belong to?",
        "Entry k belongs to layer k, in both lists: reverse the weight gradients, too.",
        lambda s: (s.dl_dweights[::-1], s.dl_dbiases),
    ),
    _bug(
        "swapped_and_reversed",
        "returns the bias gradients first, and at least one of the two lists from the output layer down to the first",
        "In which order does the notebook take what backward_pass returns, and which layer does the first entry of each"
        " list belong to?",
        "The last line is: return all_dl_dweights, all_dl_dbiases; entry k belongs to layer k, in both lists.",
        lambda s: (s.dl_dbiases, s.dl_dweights[::-1]),
        lambda s: (s.dl_dbiases[::-1], s.dl_dweights),
        lambda s: (s.dl_dbiases[::-1], s.dl_dweights[::-1]),
    ),
    _bug(
        "flat_biases",
        "returns bias gradients of shape (n,)",
        "Print the shapes of all_dl_dbiases[0] and all_biases[0]. Are they the same?",
        "Biases are columns: an array of shape (n,) becomes one by .reshape(-1, 1).",
        lambda s: (s.dl_dweights, [part.ravel() for part in s.dl_dbiases]),
    ),
    _bug(
        "flat_arrays",
        "returns arrays of shape (n,) everywhere",
        "Print the shapes of all_dl_dweights[0] and all_weights[0]. Are they the same?",
        "Each gradient has the shape of its parameter: weights (out, in), biases (out, 1).",
        lambda s: ([part.ravel() for part in s.dl_dweights], [part.ravel() for part in s.dl_dbiases]),
    ),
    _bug(
        "row_biases",
        "returns bias gradients as rows",
        "Print the shapes of all_dl_dbiases[0] and all_biases[0]. Are they the same?",
        "Biases are columns of shape (n, 1): no transpose belongs to their gradient.",
        lambda s: (s.dl_dweights, [part.T for part in s.dl_dbiases]),
    ),
    _bug(
        "output_biases_misshapen",
        "returns the bias gradient of the output layer as a row, or in the shape (n,)",
        "Print the shapes of all_dl_dbiases[K] and all_biases[K]. Are they the same?",
        "all_dl_dbiases[K] is a column of shape (n, 1), as all_biases[K] is, whatever shape the lines below need.",
        lambda s: (s.dl_dweights, [*s.dl_dbiases[:-1], s.dl_dbiases[-1].T]),
        lambda s: (s.dl_dweights, [*s.dl_dbiases[:-1], s.dl_dbiases[-1].ravel()]),
    ),
    replace(
        _bug(
            "returned_transposed",
            "returns every gradient transposed",
            "Compare the shapes of all_dl_dweights[0] and all_weights[0], of all_dl_dbiases[0] and all_biases[0].",
            "Each gradient has the shape of its parameter: who computes with rows transposes both at the end.",
            lambda s: ([part.T for part in s.dl_dweights], [part.T for part in s.dl_dbiases]),
        ),
        # A transposed dW is another product.
        fails=("weight_gradient",),
    ),
    _bug(
        "returned_pairs",
        "returns one pair of weight and bias gradients for each layer",
        "What does the notebook take back: two lists, or a list of pairs?",
        "The last line is: return all_dl_dweights, all_dl_dbiases; without zip.",
        lambda s: zip(s.dl_dweights, s.dl_dbiases, strict=True),
        lambda s: list(zip(s.dl_dweights, s.dl_dbiases, strict=True)),
        lambda s: list(zip(s.dl_dbiases, s.dl_dweights, strict=True)),
    ),
    _bug(
        "returned_one_list",
        "returns a single list of all gradients",
        "What does the notebook take back: one list, or two?",
        "The last line is: return all_dl_dweights, all_dl_dbiases.",
        lambda s: s.dl_dweights + s.dl_dbiases,
        lambda s: [part for pair in zip(s.dl_dweights, s.dl_dbiases, strict=True) for part in pair],
    ),
    _bug(
        "returned_nothing",
        "returns nothing",
        "How does your function end?",
        "The last line is: return all_dl_dweights, all_dl_dbiases.",
        lambda _: None,
    ),
    _bug(
        "returned_weights_only",
        "returns the weight gradients only",
        "How many lists does the notebook take back?",
        "The last line is: return all_dl_dweights, all_dl_dbiases.",
        lambda s: s.dl_dweights,
    ),
    _bug(
        "returned_biases_only",
        "returns the bias gradients only",
        "How many lists does the notebook take back?",
        "The last line is: return all_dl_dweights, all_dl_dbiases.",
        lambda s: s.dl_dbiases,
    ),
    _bug(
        "returned_dictionary",
        "returns a dictionary",
        "What does the notebook take back: a dictionary, or two lists?",
        "The last line is: return all_dl_dweights, all_dl_dbiases.",
        lambda s: {"weights": s.dl_dweights, "biases": s.dl_dbiases},
    ),
    _bug(
        "returned_iterators",
        "returns iterators instead of lists",
        "Print what your function returns, twice. What are the two, and what is left in them the second time?",
        "The notebook takes entries by their numbers: make lists of them, as in list(reversed(all_dl_dweights)).",
        lambda s: (reversed(s.dl_dweights), reversed(s.dl_dbiases)),
        lambda s: (iter(s.dl_dweights), iter(s.dl_dbiases)),
        lambda s: (map(np.asarray, s.dl_dweights), map(np.asarray, s.dl_dbiases)),
        lambda s: ((part for part in s.dl_dweights), (part for part in s.dl_dbiases)),
        # Where the weights are an iterator, the biases are not looked at.
        lambda s: (s.dl_dweights, reversed(s.dl_dbiases)),
        lambda s: (s.dl_dweights, map(np.asarray, s.dl_dbiases)),
    ),
    _bug(
        "list_too_short",
        "returns a list that is one entry short",
        "A network with K hidden layers: how many weight matrices does it have?",
        "There are K+1 layers of parameters, 0 to K: the loop has to reach both ends.",
        lambda s: (s.dl_dweights[1:], s.dl_dbiases[1:]),
        lambda s: (s.dl_dweights, s.dl_dbiases[1:]),
        lambda s: (s.dl_dweights[1:], s.dl_dbiases),
    ),
    _bug(
        "list_empty",
        "returns an empty list",
        "Print the lengths of the two lists that you return. Is one made of an iterator that was used up already?",
        "There are K+1 layers of parameters: both lists have K+1 entries. What zip, map and reversed return can be gone"
        " through once: make a list of it first.",
        lambda s: (s.dl_dweights, []),
        lambda s: ([], s.dl_dbiases),
    ),
    _bug(
        "list_too_long",
        "returns a list with one entry too many",
        "A network with K hidden layers: how many weight matrices does it have?",
        "There are K+1 layers of parameters, 0 to K: both lists have K+1 entries.",
        lambda s: ([*s.dl_dweights, None], [*s.dl_dbiases, None]),
        lambda s: (s.dl_dweights, [*s.dl_dbiases, None]),
    ),
    _bug(
        "entries_missing",
        "returns a list with entries that are None",
        "Which layers does your loop reach, and which lists does it fill in there?",
        "Entries 0 to K of both lists have to be filled in: range(K, -1, -1) reaches all of them, and what is copied"
        " into one must have been computed before.",
        lambda s: ([None, *s.dl_dweights[1:]], s.dl_dbiases),
        lambda s: (s.dl_dweights, [None, *s.dl_dbiases[1:]]),
        lambda s: ([*s.dl_dweights[:-1], None], s.dl_dbiases),
        lambda s: (s.dl_dweights, [*s.dl_dbiases[:-1], None]),
        # A copy of what is not there yet.
        lambda s: (s.dl_dweights, [np.array(None)] * len(s.dl_dbiases)),
    ),
    _bug(
        "stops_at_zeros",
        "leaves the layers below one whose dl/df is zero without gradients",
        "If no unit of a layer passes anything on, what are the gradients of the layers below it? What does your loop"
        " do there?",
        "The gradients below are zeros, and no None: the loop goes through every layer from K down to 0.",
        lambda s: _stop_at_zeros(s, 0),
    ),
    _bug(
        "stops_above_zeros",
        "leaves a layer whose dl/df is zero without gradients, and the layers below it",
        "If no unit of a layer passes anything on, what are the gradients of that layer, and of those below it? What"
        " does your loop do there?",
        "The gradients are zeros there, and no None: the loop goes through every layer from K down to 0.",
        lambda s: _stop_at_zeros(s, 1),
    ),
    RETURNED_EARLY,
    _bug(
        "one_list_twice",
        "returns the same list twice",
        "How many lists does your function make? Are all_dl_dweights and all_dl_dbiases two, or two names for one?",
        "Make two lists: a = b = [...] gives one list two names.",
        lambda s: (s.dl_dweights, s.dl_dweights),
        lambda s: (s.dl_dbiases, s.dl_dbiases),
    ),
)

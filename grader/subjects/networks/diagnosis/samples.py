"""The lines of a submission at work: for each layer that could be read what a line made, and what its inputs give.

Inputs and outputs are the student's own: from the lists that the function wrote where they have the notebook's names,
else from what came back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.student_pass import LayerPlace, StudentPass, is_close
from grader.subjects.networks.layers import Places

#: The term that is added to each number alike.
ONE = "1"

Arrays = dict[str, Array]


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A line's entries, one after the other, over all layers that could be read."""

    where: Where
    #: The entry that the line makes, and what the line multiplies.
    name: str
    source: str
    #: The step to which a departure is counted, and what shows dl/df if no list does.
    blamed: Where
    shown_by: str
    #: True if the line is seen by itself; False if what it multiplies is another line's, of which only both are seen.
    alone: bool
    #: True if its input may be another one than it was read as.
    doubtful: bool
    layers: Sequence[LayerPlace]
    #: For each entry the number of its layer in `layers`, and the size of the largest number around it.
    owner: Places
    size: Array
    made: Array
    right: Array
    base: Array
    #: By their words: other arrays that it may be, multiples that may be added, conditions, arrays to compare with, and
    #: factors; NaN where there is none of the right shape.
    arrays: Mapping[str, Array]
    terms: Mapping[str, Array]
    rules: Mapping[str, Booleans]
    ordered: Mapping[str, Array]
    functions: Mapping[str, Array]
    #: Of a product of two columns the second and the first one that was taken, each beside the right one.
    seconds: tuple[Array, Array] | None = None
    firsts: tuple[Array, Array] | None = None

    def entry(self, number: int) -> str:
        """The entry of a layer, with its index."""
        k = self.layers[number].k
        k = k - 1 if self.where is Where.DERIVATIVE else k
        list_name, _, _ = _NAMES[self.where]
        return f"dl/df of layer {k}, as {self.shown_by}," if self.shown_by else f"{list_name}[{k}]"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A line at work in one layer, or in the step to the layer below."""

    at: LayerPlace
    made: Array
    right: Array
    base: Array
    arrays: Arrays
    terms: Arrays
    rules: dict[str, Booleans]
    ordered: Arrays
    functions: Arrays


def _source(backward: StudentPass) -> str:
    if backward.carries:
        return "all_dl_dh[layer]"
    return "all_weights[layer].T @ all_dl_df[layer]" if backward.listed else "the layer's dl/df, carried back,"


def _shown_by(passes: Sequence[StudentPass]) -> str:
    """The source from which dl/df was read where only gradients came back."""
    if not any(backward.by_weights for backward in passes):
        return "the bias gradients show it"
    return "the gradients show it"


#: dl/df where no list holds it.
_DL_DF = {Where.OUTPUT: "dl/df of the output layer", Where.DERIVATIVE: "dl/df of the layer below"}


#: The entry that a line makes, and what it multiplies.
_NAMES = {
    Where.OUTPUT: ("all_dl_df", "K", "the derivative of the loss"),
    Where.BIAS: ("all_dl_dbiases", "layer", "all_dl_df[layer]"),
    Where.WEIGHT: ("all_dl_dweights", "layer", "all_dl_df[layer] @ all_h[layer].T"),
    Where.ACTIVATION: ("all_dl_dh", "layer", "all_weights[layer].T @ all_dl_df[layer]"),
    Where.DERIVATIVE: ("all_dl_df", "layer-1", "all_dl_dh[layer]"),
}


def combine(
    where: Where, samples: Sequence[Sample], passes: Sequence[StudentPass], failed: frozenset[str]
) -> Samples | None:
    """All samples of a line in one row."""
    if not samples:
        return None
    list_name, index, source = _NAMES[where]
    listed, carries = passes[0].listed, any(backward.carries for backward in passes)
    source = _source(max(passes, key=lambda backward: backward.carries)) if where is Where.DERIVATIVE else source
    name, shown_by = f"{list_name}[{index}]", ""
    if not listed and where in _DL_DF:
        # Only the gradients came back.
        shown_by = _shown_by(passes)
        name = f"{_DL_DF[where]}, as {shown_by},"
    # Where only the product of two steps is seen, it is the row that fails which speaks of it.
    product = where is Where.DERIVATIVE and not carries and "relu_derivative" not in failed
    made, right, base = (
        np.concatenate([np.ravel(getattr(s, part)) for s in samples]) for part in ("made", "right", "base")
    )
    counts = [s.made.size for s in samples]
    sizes = [
        max(float(np.max(np.abs(s.right), initial=0.0)), float(np.max(np.abs(s.base), initial=0.0))) for s in samples
    ]

    def join(part: str, fill: float) -> dict[str, Array]:
        words = dict.fromkeys(words for s in samples for words in getattr(s, part))
        return {
            key: np.concatenate([np.ravel(getattr(s, part).get(key, np.full(s.made.shape, fill))) for s in samples])
            for key in words
        }

    return Samples(
        where,
        name,
        source,
        Where.ACTIVATION if product else where,
        shown_by,
        carries or where is not Where.DERIVATIVE,
        any(backward.doubtful for backward in passes),
        [s.at for s in samples],
        np.repeat(np.arange(len(samples)), counts),
        np.repeat(sizes, counts),
        made,
        right,
        base,
        join("arrays", np.nan),
        join("terms", np.nan),
        {words: units.astype(bool) for words, units in join("rules", 0.0).items()},
        join("ordered", np.nan),
        join("functions", np.nan),
        *(_columns(passes) if where is Where.WEIGHT else (None, None)),
    )


def _columns(passes: Sequence[StudentPass]) -> tuple[tuple[Array, Array] | None, tuple[Array, Array] | None]:
    """The second and the first column that every dW is a product of, beside the right ones; None if it is none."""
    seconds: list[tuple[Array, Array]] | None = []
    firsts: list[tuple[Array, Array]] | None = []
    for backward in passes:
        for dw, df, h in zip(backward.d_weights, backward.df, backward.view.h, strict=True):
            if dw is None or df is None or not np.isfinite(dw).all():
                continue
            if seconds is not None and df.any():
                taken = dw.T @ df / float((df * df).sum())
                seconds = [*seconds, (taken, h)] if is_close(df @ taken.T, dw) else None
            if firsts is not None and h.any():
                taken = dw @ h / float((h * h).sum())
                firsts = [*firsts, (taken, df)] if is_close(taken @ h.T, dw) else None
    return _flat(seconds), _flat(firsts)


def _flat(pairs: Sequence[tuple[Array, Array]] | None) -> tuple[Array, Array] | None:
    if not pairs:
        return None
    return np.concatenate([a.ravel() for a, _ in pairs]), np.concatenate([b.ravel() for _, b in pairs])

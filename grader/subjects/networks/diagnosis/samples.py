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
from grader.subjects.networks.diagnosis.candidates import (
    choose_screened,
    find_candidates,
    is_added,
    is_choice,
    is_factor,
    is_made,
    join,
)
from grader.subjects.networks.diagnosis.sample import Sample
from grader.subjects.networks.diagnosis.student_pass import LayerPlace, StudentPass, is_close
from grader.subjects.networks.layers import Places


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A line's entries, one after the other, over all layers that could be read."""

    where: Where
    #: What was read of the line, in words.
    words: "Words"
    #: The step to which a departure is counted.
    blamed: Where
    #: True if the line is seen by itself; False if what it multiplies is another line's, of which only both are seen.
    alone: bool
    #: True if its input may be another one than it was read as.
    doubtful: bool
    #: True if some layers were not read, though the line may have run there.
    partial: bool
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

    @property
    def name(self) -> str:
        """The entry that was read."""
        return self.words.made

    @property
    def unit(self) -> str:
        """The word for that in which the line is read once: the output's line is read once in each network."""
        return "network" if self.where is Where.OUTPUT else "layer"

    @property
    def source(self) -> str:
        """The array that the line multiplies by a derivative, or that it should make."""
        return self.words.source or f"what follows from {self.given}"

    @property
    def given(self) -> str:
        """The arrays from which the line should make its entry."""
        return self.words.given

    @property
    def carried(self) -> str:
        """The dl/df, or what stands for it, from which the line should make its entry."""
        return self.words.carried

    def number(self, owner: int) -> tuple[str, str]:
        """The entry of one layer, and the arrays from which it should be made."""
        k = self.layers[owner].k
        indices = {"[layer-1]": k - 1, "[layer]": k, "[K]": k}
        made, given = self.words.made, self.words.given
        for text, index in indices.items():
            made, given = made.replace(text, f"[{index}]"), given.replace(text, f"[{index}]")
        return made, given


@dataclass(frozen=True, slots=True)
class Words:
    """An entry that was read, what it should follow from, and what the line multiplies, if it is a mask."""

    made: str
    carried: str
    #: The argument of the function that it should follow from, too; empty if there is none.
    argument: str = ""
    source: str = ""

    @property
    def given(self) -> str:
        """The arrays that it should follow from."""
        return f"{self.carried} and {self.argument}" if self.argument else self.carried


#: The words where the function's own lists were read.
_LISTED = {
    Where.OUTPUT: Words("all_dl_df[K]", "all_f[K]", "y"),
    Where.BIAS: Words("all_dl_dbiases[layer]", "all_dl_df[layer]"),
    Where.WEIGHT: Words("all_dl_dweights[layer]", "all_dl_df[layer]", "all_h[layer]"),
    Where.ACTIVATION: Words("all_dl_dh[layer]", "all_dl_df[layer]", "all_weights[layer]"),
    Where.DERIVATIVE: Words("all_dl_df[layer-1]", "all_dl_dh[layer]", "all_f[layer-1]", "all_dl_dh[layer]"),
}
#: The words where the bias gradients stand for dl/df, and where what follows from the weight gradients does.
_BY_BIASES = {
    Where.OUTPUT: Words("all_dl_dbiases[K]", "all_f[K]", "y"),
    Where.WEIGHT: Words("all_dl_dweights[layer]", "all_dl_dbiases[layer]", "all_h[layer]"),
    Where.DERIVATIVE: Words(
        "all_dl_dbiases[layer-1]",
        "all_dl_dbiases[layer]",
        source="the derivative that comes down from all_dl_dbiases[layer]",
    ),
}
_BY_WEIGHTS = {
    Where.OUTPUT: Words("the dl/df in all_dl_dweights[K]", "all_f[K]", "y"),
    Where.BIAS: Words("all_dl_dbiases[layer]", "the dl/df in all_dl_dweights[layer]"),
    Where.DERIVATIVE: Words(
        "the dl/df in all_dl_dweights[layer-1]",
        "the dl/df in all_dl_dweights[layer]",
        source="the derivative that comes down from the dl/df in all_dl_dweights[layer]",
    ),
}


def _carrier(passes: Sequence[StudentPass]) -> str:
    """The list that dl/df was read from."""
    if passes[0].listed:
        return "all_dl_df"
    return "dl/df" if any(backward.by_weights for backward in passes) else "all_dl_dbiases"


def _words(where: Where, passes: Sequence[StudentPass], *, carries: bool) -> Words:
    if not passes[0].listed:
        return (_BY_WEIGHTS if _carrier(passes) == "dl/df" else _BY_BIASES).get(where, _LISTED[where])
    if where is Where.DERIVATIVE and not carries:
        source = "the derivative that comes down from all_dl_df[layer]"
        return Words("all_dl_df[layer-1]", "all_dl_df[layer]", source=source)
    return _LISTED[where]


def join_samples(
    where: Where, samples: Sequence[Sample], passes: Sequence[StudentPass], failed: frozenset[str]
) -> Samples | None:
    """All samples of a line in one row."""
    if not samples:
        return None
    carries = any(backward.carries for backward in passes)
    carrier = _carrier(passes)
    # Where only the product of two steps is seen, it is the row that fails which speaks of it.
    product = where is Where.DERIVATIVE and not carries and "relu_derivative" not in failed
    made, right, base = (
        np.concatenate([np.ravel(getattr(s, part)) for s in samples]) for part in ("made", "right", "base")
    )
    counts = [s.made.size for s in samples]
    screened = choose_screened(samples)

    def name(arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Return them under words that name the list dl/df was read from."""
        return {words.replace("all_dl_df", carrier): array for words, array in arrays.items()}

    rules = find_candidates(samples, screened, lambda alternatives: alternatives.rules(), is_choice, fill=0.0)
    return Samples(
        where,
        _words(where, passes, carries=carries),
        Where.ACTIVATION if product else where,
        carries or where is not Where.DERIVATIVE,
        any(backward.doubtful for backward in passes),
        any(backward.partial for backward in passes),
        [s.at for s in samples],
        np.repeat(np.arange(len(samples)), counts),
        np.repeat([s.size for s in samples], counts),
        made,
        right,
        base,
        name(find_candidates(samples, screened, lambda alternatives: alternatives.arrays(), is_made)),
        name(find_candidates(samples, screened, lambda alternatives: alternatives.terms(), is_added)),
        {words: units.astype(bool) for words, units in name(rules).items()},
        name(join(samples, [s.ordered for s in samples])),
        name(find_candidates(samples, screened, lambda alternatives: alternatives.functions(), is_factor)),
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

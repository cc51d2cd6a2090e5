"""A network with what a student's function made of it, from the lists that it wrote or else from what came back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from grader.oracle.answers import Answer, Returned
from grader.oracle.network import Array
from grader.oracle.suite import Suite, matrices
from grader.subjects.networks.diagnosis.work import NetworkView
from grader.subjects.networks.evidence import Evidence
from grader.subjects.networks.form import MISPLACED
from grader.subjects.networks.written import entries

#: Numbers relative to the largest of an array that are no difference.
_NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class LayerPlace:
    """The layer of a network that a sample is of."""

    k: int
    depth: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True, eq=False)
class StudentPass:
    """A network with what the student's function made of it, layer by layer; None for what is not known."""

    view: NetworkView
    d_weights: Sequence[Array | None]
    d_biases: Sequence[Array | None]
    #: dl/df, and whether it is the student's own list; dl/dh from the list alone.
    df: Sequence[Array | None]
    dh: Sequence[Array | None]
    listed: bool
    #: True if some dl/df was read from the weight gradients, and not from those of the biases.
    by_weights: bool = False
    #: True if dW and db disagree in some layer, so that dl/df may be neither's.
    doubtful: bool = False
    #: True if not all was read: some call raised, or returned something else.
    partial: bool = False

    @property
    def carries(self) -> bool:
        """True if some dl/dh is known: then no other one stands in for it."""
        return any(dh is not None for dh in self.dh)

    @property
    def depth(self) -> int:
        """K."""
        return len(self.view.f) - 1

    def at(self, k: int) -> LayerPlace:
        """The layer's place."""
        rows, columns = self.view.network.weights[k].shape
        return LayerPlace(k, self.depth, rows, columns)


def read_passes(
    suite: Suite,
    views: Sequence[NetworkView],
    answers: Sequence[Answer],
    evidence: Mapping[int, Evidence],
    failed: frozenset[str],
) -> list[StudentPass]:
    """Return the passes of single columns: by the lists if any holds a dl/df, else by the answers."""
    single = [i for i, columns in enumerate(suite.columns) if columns == 1]
    passes = [_read_listed(views[i], _lists(evidence[i], suite.sizes[i]), evidence[i]) for i in single if i in evidence]
    passes = [backward for backward in passes if any(df is not None for df in backward.df)]
    if passes:
        return passes
    back = [(i, answer) for i in single if isinstance(answer := answers[i], Returned)]
    partial = len(back) < len(single)
    return [
        replace(_read_returned(views[i], matrices(suite.sizes[i], answer.numbers), failed), partial=partial)
        for i, answer in back
    ]


def _lists(evidence: Evidence, sizes: Sequence[int]) -> dict[str, list[Array | None]]:
    """The student's lists: an array for each entry of the right shape, else None."""
    read = entries(evidence, sizes, shaped=True)
    if not evidence.ended:
        # Zeros may be what the list was made with: the line may not have run.
        read = {name: [_any(array) for array in arrays] for name, arrays in read.items()}
    if evidence.form in MISPLACED:
        # In another order, or taken for it: which array is which is no certainty.
        read |= {name: [None] * len(read[name]) for name in ("all_dl_dweights", "all_dl_dbiases")}
    return read


def _any(array: Array | None) -> Array | None:
    return array if array is not None and array.any() else None


def _read_listed(view: NetworkView, lists: dict[str, list[Array | None]], evidence: Evidence) -> StudentPass:
    df = list(lists["all_dl_df"])
    dh: list[Array | None] = [None] * len(df) if any(evidence.shared) else list(lists["all_dl_dh"])
    weights, biases = lists["all_dl_dweights"], lists["all_dl_dbiases"]
    partial = not evidence.ended or "3" in evidence.status
    return StudentPass(view, weights, biases, df, dh, listed=True, partial=partial)


def _read_returned(view: NetworkView, parts: Sequence[Array], failed: frozenset[str]) -> StudentPass:
    """The dl/df of each layer from whichever of dW and db is not called wrong."""
    d_weights, d_biases = list(parts[::2]), list(parts[1::2])
    both = {"bias_gradient", "weight_gradient"} <= failed
    df: list[Array | None] = []
    by_weights = False
    for dw, db, h in zip(d_weights, d_biases, view.h, strict=True):
        # Beside an input of zeros dW is zero, and shows nothing.
        if "bias_gradient" not in failed or both:
            df.append(db)
            continue
        if h.any() and is_close(dw, db @ h.T):
            # Both show it: the line of the biases is compared there, too.
            df.append(db.copy())
            continue
        square = float((h * h).sum())
        taken = dw @ h / square if square and "weight_gradient" not in failed else None
        read = taken if taken is not None and is_close(dw, taken @ h.T) else None
        by_weights |= read is not None
        df.append(read)
    carried: list[Array | None] = [None] * len(df)
    return StudentPass(view, d_weights, d_biases, df, carried, listed=False, by_weights=by_weights, doubtful=both)


def is_close(a: Array, b: Array) -> bool:
    """Return True if two arrays of one shape differ by rounding alone; what is not finite is close to nothing."""
    size = float(np.max(np.abs(b), initial=0.0))
    return bool(np.isfinite(a).all() and np.all(np.abs(a - b) <= _NEAR * size))


def is_whole(array: Array | None) -> bool:
    """Return True for an array of finite numbers."""
    return array is not None and bool(np.isfinite(array).all())

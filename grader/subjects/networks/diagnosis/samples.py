"""The lines of a submission at work: for each layer that could be read what a line made, and what its inputs give.

Inputs and outputs are the student's own: from the lists that the function wrote where they have the notebook's names,
else from what came back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from grader.oracle.answers import Answer, Returned
from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.oracle.suite import Suite, matrices
from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.work import NetworkView
from grader.subjects.networks.evidence import Evidence
from grader.subjects.networks.form import MISPLACED
from grader.subjects.networks.layers import Places
from grader.subjects.networks.written import entries

#: Numbers relative to the largest of an array that are no difference.
_NEAR = 1e-6
#: The term that is added to each number alike.
ONE = "1"
#: A rule by the number of a unit is looked for up to this many.
_UNITS = 8

Arrays = dict[str, Array]


@dataclass(frozen=True, slots=True)
class At:
    """The layer of a network that a sample is of."""

    k: int
    depth: int
    rows: int
    columns: int


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
    layers: Sequence[At]
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

    at: At
    made: Array
    right: Array
    base: Array
    arrays: Arrays
    terms: Arrays
    rules: dict[str, Booleans]
    ordered: Arrays
    functions: Arrays


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

    @property
    def carries(self) -> bool:
        """True if some dl/dh is known: then no other one stands in for it."""
        return any(dh is not None for dh in self.dh)

    @property
    def depth(self) -> int:
        """K."""
        return len(self.view.f) - 1

    def at(self, k: int) -> At:
        """The layer's place."""
        rows, columns = self.view.network.weights[k].shape
        return At(k, self.depth, rows, columns)


def collect(
    suite: Suite,
    views: Sequence[NetworkView],
    answers: Sequence[Answer],
    evidence: Mapping[int, Evidence],
    failed: frozenset[str],
) -> list[Samples]:
    """The lines of the steps that failed, from the output down."""
    single = [i for i, columns in enumerate(suite.columns) if columns == 1]
    passes = [
        _read_listed(views[i], _lists(evidence[i], suite.sizes[i]), any(evidence[i].shared))
        for i in single
        if i in evidence
    ]
    passes = [backward for backward in passes if any(df is not None for df in backward.df)]
    if not passes:
        back = [(i, answer) for i in single if isinstance(answer := answers[i], Returned)]
        passes = [_read_returned(views[i], matrices(suite.sizes[i], answer.numbers), failed) for i, answer in back]
    # With dl/dh in sight each line of the two is seen alone.
    carried = any(backward.carries for backward in passes)
    below = "relu_derivative" in failed or ("activation_gradient" in failed and not carried)
    lines: list[tuple[Where, bool, Callable[[StudentPass], Iterator[Sample]]]] = [
        (Where.OUTPUT, "bias_gradient" in failed, _output),
        (Where.BIAS, "bias_gradient" in failed, _bias),
        (Where.WEIGHT, "weight_gradient" in failed, _weight),
        (Where.ACTIVATION, "activation_gradient" in failed, _activation),
        (Where.DERIVATIVE, below, _derivative),
    ]
    combined = [
        _combine(where, [sample for backward in passes for sample in make(backward)], passes, failed)
        for where, on, make in lines
        if on
    ]
    return [samples for samples in combined if samples is not None]


def _lists(evidence: Evidence, sizes: Sequence[int]) -> dict[str, list[Array | None]]:
    """The student's lists: an array for each entry of the right shape, else None."""
    lists = entries(evidence, sizes)
    status = iter(evidence.status)
    read = {name: [array if next(status) == "1" else None for array in arrays] for name, arrays in lists.items()}
    if evidence.form in MISPLACED:
        # In another order, or taken for it: which array is which is no certainty.
        read |= {name: [None] * len(read[name]) for name in ("all_dl_dweights", "all_dl_dbiases")}
    return read


def _read_listed(view: NetworkView, lists: dict[str, list[Array | None]], shared: bool) -> StudentPass:  # noqa: FBT001
    df = list(lists["all_dl_df"])
    dh: list[Array | None] = [None] * len(df) if shared else list(lists["all_dl_dh"])
    return StudentPass(view, lists["all_dl_dweights"], lists["all_dl_dbiases"], df, dh, listed=True)


def _read_returned(view: NetworkView, parts: Sequence[Array], failed: frozenset[str]) -> StudentPass:
    """The dl/df of each layer from whichever of dW and db is not called wrong."""
    d_weights, d_biases = list(parts[::2]), list(parts[1::2])
    both = {"bias_gradient", "weight_gradient"} <= failed
    df: list[Array | None] = []
    by_weights = False
    for dw, db, h in zip(d_weights, d_biases, view.h, strict=True):
        # Beside an input of zeros dW is zero, and shows nothing.
        if (h.any() and _close(dw, db @ h.T)) or "bias_gradient" not in failed or both:
            df.append(db)
            continue
        square = float((h * h).sum())
        taken = dw @ h / square if square and "weight_gradient" not in failed else None
        read = taken if taken is not None and _close(dw, taken @ h.T) else None
        by_weights |= read is not None
        df.append(read)
    carried: list[Array | None] = [None] * len(df)
    return StudentPass(view, d_weights, d_biases, df, carried, listed=False, by_weights=by_weights, doubtful=both)


def _close(a: Array, b: Array) -> bool:
    size = float(np.max(np.abs(b), initial=0.0))
    return bool(np.isfinite(a).all() and np.all(np.abs(a - b) <= _NEAR * size))


def _keep_shape(arrays: Mapping[str, Array | None], shape: tuple[int, ...]) -> Arrays:
    """Those of this shape."""
    return {words: array for words, array in arrays.items() if array is not None and np.shape(array) == shape}


def _units(f: Array, words: str) -> dict[str, Booleans]:
    """Rules by which a column's units may be chosen."""
    active, number = f > 0, np.arange(len(f))[:, None]
    rules = {
        f"where {words} is positive": active,
        f"where {words} is negative": f < 0,
        f"where {words} is not zero": f != 0,
        f"where {words} is above the mean of its layer": f > f.mean(),
        f"in layers whose first {words} is positive": np.full(f.shape, bool(active[0, 0])),
        f"in layers where some {words} is positive": np.full(f.shape, bool(active.any())),
        f"in layers where every {words} is positive": np.full(f.shape, bool(active.all())),
        "in the first unit": number == 0,
        "in the last unit": number == len(f) - 1,
    }
    for most in range(1, _UNITS):
        rules[f"where {words} is positive, among the first {most} units"] = active & (number < most)
        rules[f"where {words} is positive, but for the first {most} units"] = active & (number >= most)
    return rules


def _output(backward: StudentPass) -> Iterator[Sample]:
    made, right, view = backward.df[-1], backward.view.loss, backward.view
    if made is None or not _is_whole(made):
        return
    f, y = view.f[-1], view.network.y
    arrays = {
        "the sum of the loss derivative over all outputs, in each of them": np.full_like(right, right.sum()),
        "the mean of the loss derivative over all outputs, in each of them": np.full_like(right, right.mean()),
        "the sum of the squared differences, in each output": np.full_like(right, ((f - y) ** 2).sum()),
        "the square of the difference": (f - y) ** 2,
        "the difference of all_f[K] and y": f - y,
        "all_f[K]": f,
        "y": y,
        "1 in each output": np.ones_like(f),
    }
    terms = {"all_f[K]": f, "y": y, "all_biases[K]": view.network.biases[-1], ONE: np.ones_like(f)}
    rules = _units(f, "all_f[K]") | {"where y is positive": y > 0}
    yield Sample(
        backward.at(backward.depth),
        made,
        right,
        right,
        _keep_shape(arrays, right.shape),
        terms,
        rules,
        {"all_f[K]": f, "y": y},
        {},
    )


def _others(lists: Sequence[Array | None], k: int, name: str) -> dict[str, Array | None]:
    """The entries of other layers."""
    depth = len(lists) - 1
    places = {"layer-1": k - 1, "layer+1": k + 1, "K": depth, "0": 0}
    return {f"{name}[{text}]": lists[at] for text, at in places.items() if 0 <= at <= depth and at != k}


def _is_whole(array: Array | None) -> bool:
    return array is not None and bool(np.isfinite(array).all())


def _bias(backward: StudentPass) -> Iterator[Sample]:
    for k, (made, df) in enumerate(zip(backward.d_biases, backward.df, strict=True)):
        if made is None or df is None or df is made or not (_is_whole(made) and _is_whole(df)):
            continue
        view, b = backward.view, backward.view.network.biases[k]
        above = backward.dh[k + 1] if k < backward.depth else None
        dw = backward.d_weights[k]
        arrays = {
            "the mean of all_dl_df[layer], in each of its entries": np.full_like(df, df.mean()),
            "the sum of all_dl_df[layer], in each of its entries": np.full_like(df, df.sum()),
            "the product of all_dl_df[layer] and all_biases[layer]": df * b,
            "the sum of each row of all_dl_dweights[layer]": None if dw is None else dw.sum(axis=1, keepdims=True),
            "all_dl_dh[layer+1], before the activation's derivative": above,
            "all_f[layer]": view.f[k],
            "all_biases[layer]": b,
            **_others(backward.df, k, "all_dl_df"),
        }
        terms = {"all_biases[layer]": b, "all_f[layer]": view.f[k], ONE: np.ones_like(b)}
        rules = _units(b, "all_biases[layer]") | _units(view.f[k], "all_f[layer]")
        rules |= {"where it is positive": df > 0, "where it is negative": df < 0}
        ordered = {"all_biases[layer]": b, "all_f[layer]": view.f[k]}
        yield Sample(backward.at(k), made, df, df, _keep_shape(arrays, df.shape), terms, rules, ordered, {})


def _weight(backward: StudentPass) -> Iterator[Sample]:
    for k, (made, df) in enumerate(zip(backward.d_weights, backward.df, strict=True)):
        if made is None or df is None or not (_is_whole(made) and _is_whole(df)):
            continue
        view, w = backward.view, backward.view.network.weights[k]
        h, right = view.h[k], df @ view.h[k].T
        # Sources first: the usual ones by name, then those of other layers.
        below = {"all_f[layer-1]": view.f[k - 1]} if k else {}
        seconds: dict[str, Array | None] = {
            **_others(view.h, k, "all_h"),
            **below,
            "(all_h[layer] > 0)": np.where(h > 0, 1.0, 0.0),
            "np.sign(all_h[layer])": np.sign(h),
            "np.ones_like(all_h[layer])": np.ones_like(h),
        }
        above = backward.dh[k + 1] if k < backward.depth else None
        firsts: dict[str, Array | None] = {
            "all_f[layer]": view.f[k],
            "all_dl_dh[layer+1]": above,
            **_others(backward.df, k, "all_dl_df"),
        }
        products = {f"all_dl_df[layer] @ {words}.T": _outer(df, x) for words, x in seconds.items()}
        products |= {f"{words} @ all_h[layer].T": _outer(z, h) for words, z in firsts.items()}
        arrays = {
            **products,
            "all_h[layer] @ all_dl_df[layer].T": h @ df.T,
            "the numbers of all_h[layer] @ all_dl_df[layer].T, row by row": (h @ df.T).reshape(right.shape),
            "all_dl_df[layer] / all_weights[layer]": df / w,
            "the product of all_dl_df[layer] and all_weights[layer], entry by entry": df * w,
            "all_weights[layer]": w,
            "all_dl_df[layer], in each column": df * np.ones_like(w),
            "all_h[layer].T, in each row": h.T * np.ones_like(w),
        }
        terms = {"all_weights[layer]": w, "all_dl_df[layer]": df * np.ones_like(w), ONE: np.ones_like(w)}
        rules = {
            "where all_weights[layer] is positive": w > 0,
            "where all_weights[layer] is negative": w < 0,
            "where all_dl_df[layer] is positive": (df > 0) & np.ones_like(w, dtype=bool),
            "where it is positive": right > 0,
            "where it is negative": right < 0,
            "in the first column": (np.arange(w.shape[1]) == 0)[None, :] & np.ones_like(w, dtype=bool),
            "in the first row": (np.arange(w.shape[0]) == 0)[:, None] & np.ones_like(w, dtype=bool),
            "on the diagonal": np.eye(*w.shape) > 0,
        }
        functions = {"all_weights[layer]": w, "the size of all_weights[layer]": np.abs(w), "the sign of it": np.sign(w)}
        yield Sample(
            backward.at(k),
            made,
            right,
            right,
            _keep_shape(arrays, right.shape),
            terms,
            rules,
            {"all_weights[layer]": w},
            functions,
        )


def _outer(z: Array | None, x: Array | None) -> Array | None:
    return None if z is None or x is None else z @ x.T


def _through(backward: StudentPass, k: int, df: Array) -> Arrays:
    """The gradient of the layer's input through something else than its weights' transpose."""
    weights = backward.view.network.weights
    w = weights[k]
    dw = backward.d_weights[k]
    above = {words: array for words, array in _others(backward.df, k, "all_dl_df").items() if array is not None}
    other = {words: array for words, array in _others(weights, k, "all_weights").items() if array is not None}
    made: dict[str, Array | None] = {
        "all_weights[layer] @ all_dl_df[layer], without the transpose": w @ df if w.shape[0] == w.shape[1] else None,
        "all_weights[layer], in another shape but not transposed, @ all_dl_df[layer]": w.reshape(w.T.shape) @ df,
        "np.sign(all_weights[layer]).T @ all_dl_df[layer]": np.sign(w).T @ df,
        "np.abs(all_weights[layer]).T @ all_dl_df[layer]": np.abs(w).T @ df,
        "(all_weights[layer] ** 2).T @ all_dl_df[layer]": (w**2).T @ df,
        "all_dl_dweights[layer].T @ all_dl_df[layer]": None if dw is None or not np.isfinite(dw).all() else dw.T @ df,
        "the sum of all_dl_df[layer], in each entry": np.full((w.shape[1], 1), df.sum()),
        "the mean of all_dl_df[layer], in each entry": np.full((w.shape[1], 1), df.mean()),
    }
    made |= {f"all_weights[layer].T @ {words}": w.T @ z for words, z in above.items() if len(z) == len(w)}
    made |= {f"{words}.T @ all_dl_df[layer]": v.T @ df for words, v in other.items() if len(v) == len(df)}
    return _keep_shape(made, (w.shape[1], 1))


def _activation(backward: StudentPass) -> Iterator[Sample]:
    for k, (made, df) in enumerate(zip(backward.dh, backward.df, strict=True)):
        if made is None or df is None or not (_is_whole(made) and _is_whole(df)):
            continue
        view, w = backward.view, backward.view.network.weights[k]
        right, through, dw = w.T @ df, _through(backward, k, df), backward.d_weights[k]
        terms: Arrays = {"all_h[layer]": view.h[k], ONE: np.ones_like(right)}
        if dw is not None and np.isfinite(dw).all():
            terms["all_dl_dweights[layer].T @ all_dl_df[layer]"] = dw.T @ df
        if k:
            terms |= {"all_biases[layer-1]": view.network.biases[k - 1], "all_f[layer-1]": view.f[k - 1]}
        rules = {"where it is positive": right > 0, "where it is negative": right < 0}
        if k:
            rules |= _units(view.f[k - 1], "all_f[layer-1]")
        yield Sample(backward.at(k), made, right, right, through, terms, rules, {"all_h[layer]": view.h[k]}, {})


def _derivative(backward: StudentPass) -> Iterator[Sample]:
    for k in range(1, backward.depth + 1):
        made, above, dh = backward.df[k - 1], backward.df[k], backward.dh[k]
        if made is None or above is None or not (_is_whole(made) and _is_whole(above)):
            continue
        if backward.carries and not _is_whole(dh):
            continue
        view = backward.view
        base = dh if dh is not None else view.network.weights[k].T @ above
        f, slope, b = view.f[k - 1], view.slopes[k - 1], view.network.biases[k - 1]
        if view.formulas.activation.kinked:
            # At the kink itself any number is right.
            made = np.where(f == 0, slope * base, made)
        arrays: Arrays = {"the activation's derivative alone": slope}
        if dh is None:
            through = _through(backward, k, above)
            arrays |= {f"a product with {words}": slope * g for words, g in through.items()}
            arrays |= through
            first = (f > 0) | (k == 1)
            arrays |= {f"{words}, masked in all but the first hidden layer": first * g for words, g in through.items()}
        terms = {
            "all_f[layer-1]": f,
            "all_h[layer]": view.h[k],
            "all_f[layer-1] times the activation's derivative": slope * f,
            "the activation's derivative": slope,
            "all_biases[layer-1]": b,
            ONE: np.ones_like(f),
        }
        rules = _units(f, "all_f[layer-1]") | {
            "where it is positive": base > 0,
            "where it and all_f[layer-1] are both positive": (f > 0) & (base > 0),
            "where it is negative and all_f[layer-1] is positive": (f > 0) & (base < 0),
            "where all_biases[layer-1] is positive": b > 0,
            "where all_f[layer-1] is positive, and in all units of the first hidden layer": (f > 0) | (k == 1),
            "where all_f[layer-1] is positive, and in all units of the last hidden layer": (f > 0)
            | (k == backward.depth),
        }
        functions = {
            "all_f[layer-1], cut off to between 0 and 1": np.clip(f, 0, 1),
            "the logistic sigmoid of all_f[layer-1]": 1 / (1 + np.exp(-f)),
            "all_f[layer-1]": f,
            "all_h[layer]": view.h[k],
            "the sign of all_f[layer-1]": np.sign(f),
            "the size of all_f[layer-1]": np.abs(f),
            "the square of the activation's derivative": slope**2,
        }
        yield Sample(
            backward.at(k),
            made,
            slope * base,
            base,
            _keep_shape(arrays, f.shape),
            terms,
            rules,
            {"all_f[layer-1]": f},
            functions,
        )


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


def _combine(
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
                seconds = [*seconds, (taken, h)] if _close(df @ taken.T, dw) else None
            if firsts is not None and h.any():
                taken = dw @ h / float((h * h).sum())
                firsts = [*firsts, (taken, df)] if _close(taken @ h.T, dw) else None
    return _flat(seconds), _flat(firsts)


def _flat(pairs: Sequence[tuple[Array, Array]] | None) -> tuple[Array, Array] | None:
    if not pairs:
        return None
    return np.concatenate([a.ravel() for a, _ in pairs]), np.concatenate([b.ravel() for _, b in pairs])

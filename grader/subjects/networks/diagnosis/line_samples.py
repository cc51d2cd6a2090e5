"""The samples of each of the notebook's lines: what it made in a layer, and what else it may have made there."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from grader.oracle.answers import Answer
from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.oracle.reference import loss_derivative
from grader.oracle.suite import Suite
from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.samples import ONE, Arrays, Sample, Samples, join_samples
from grader.subjects.networks.diagnosis.student_pass import StudentPass, is_whole, read_passes
from grader.subjects.networks.diagnosis.work import NetworkView
from grader.subjects.networks.evidence import Evidence

#: A rule by the number of a unit is looked for up to this many.
_UNITS = 8


def sample_lines(
    suite: Suite,
    views: Sequence[NetworkView],
    answers: Sequence[Answer],
    evidence: Mapping[int, Evidence],
    failed: frozenset[str],
) -> list[Samples]:
    """The lines of the steps that failed, from the output down."""
    passes = read_passes(suite, views, answers, evidence, failed)
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
    # The words of the last line are about dl/dh where any is in sight.
    alike = {Where.DERIVATIVE: [backward for backward in passes if backward.carries == carried]}
    combined = [
        join_samples(
            where, [sample for backward in alike.get(where, passes) for sample in make(backward)], passes, failed
        )
        for where, on, make in lines
        if on
    ]
    return [samples for samples in combined if samples is not None]


def _keep_shape(arrays: Mapping[str, Array | None], shape: tuple[int, ...]) -> Arrays:
    """Return the arrays of this shape."""
    return {words: array for words, array in arrays.items() if array is not None and np.shape(array) == shape}


def _units(f: Array, words: str) -> dict[str, Booleans]:
    """Rules by which a column's units may be chosen."""
    active, number = f > 0, np.arange(len(f))[:, None]
    rules = {
        f"where {words} is positive": active,
        f"where {words} is negative": f < 0,
        f"where {words} is not zero": f != 0,
        f"where {words} is above the mean of its layer": f > f.mean(),
        f"where {words} is the largest of its layer": f == np.max(f),
        f"in layers whose first {words} is positive": np.full(f.shape, bool(active[0, 0])),
        f"in layers where some {words} is positive": np.full(f.shape, bool(active.any())),
        f"in layers where every {words} is positive": np.full(f.shape, bool(active.all())),
        "in the first unit": number == 0,
        "in the last unit": number == len(f) - 1,
        f"where {words} is positive, and in the first unit": active | (number == 0),
        f"where {words} is positive, and in the last unit": active | (number == len(f) - 1),
    }
    for most in range(1, _UNITS):
        first = "first unit" if most == 1 else f"first {most} units"
        rules[f"where {words} is positive, among the {first}"] = active & (number < most)
        rules[f"where {words} is positive, but for the {first}"] = active & (number >= most)
    return rules


def _output(backward: StudentPass) -> Iterator[Sample]:
    made, right, view = backward.df[-1], backward.view.loss, backward.view
    if made is None or not is_whole(made):
        return
    f, y = view.f[-1], view.network.y
    arrays = {
        "the sum of the loss derivative over all outputs, in each of them": np.full_like(right, right.sum()),
        "the mean of the loss derivative over all outputs, in each of them": np.full_like(right, right.mean()),
        "the sum of the squared differences, in each output": np.full_like(right, ((f - y) ** 2).sum()),
        "the square of the difference": (f - y) ** 2,
        "twice the square of the difference": 2 * (f - y) ** 2,
        "the difference of all_f[K] and y": f - y,
        **{
            f"the loss derivative with {words} as the target of each output": loss_derivative(
                f, np.full_like(y, target), view.formulas
            )
            for words, target in (("the mean of y", y.mean()), ("the first of y", y[0, 0]), ("the last of y", y[-1, 0]))
        },
        "the loss derivative with y without its decimals": loss_derivative(f, np.trunc(y), view.formulas),
        "the loss derivative at np.maximum(all_f[K], 0)": loss_derivative(np.maximum(f, 0), y, view.formulas),
        "the softmax of all_f[K] minus y": _softmax(f) - y,
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


def _softmax(f: Array) -> Array:
    powers = np.exp(f - np.max(f))
    return np.asarray(powers / np.sum(powers))


def _others(lists: Sequence[Array | None], k: int, name: str) -> dict[str, Array | None]:
    """The entries of other layers."""
    depth = len(lists) - 1
    places = {"layer-1": k - 1, "layer+1": k + 1, "K": depth, "0": 0}
    return {f"{name}[{text}]": lists[at] for text, at in places.items() if 0 <= at <= depth and at != k}


def _bias(backward: StudentPass) -> Iterator[Sample]:
    for k, (made, df) in enumerate(zip(backward.d_biases, backward.df, strict=True)):
        if made is None or df is None or df is made or not (is_whole(made) and is_whole(df)):
            continue
        view, b = backward.view, backward.view.network.biases[k]
        above = backward.dh[k + 1] if k < backward.depth else None
        dw = backward.d_weights[k]
        arrays = {
            "the mean of all_dl_df[layer], in each of its entries": np.full_like(df, df.mean()),
            "the sum of all_dl_df[layer], in each of its entries": np.full_like(df, df.sum()),
            "the product of all_dl_df[layer] and all_biases[layer]": df * b,
            "the sum of each row of all_dl_dweights[layer]": None if dw is None else dw.sum(axis=1, keepdims=True),
            "the first column of all_dl_dweights[layer]": None if dw is None else dw[:, :1],
            "the last column of all_dl_dweights[layer]": None if dw is None else dw[:, -1:],
            "all_dl_dh[layer+1], before the activation's derivative": above,
            "all_f[layer]": view.f[k],
            "all_biases[layer]": b,
            **_others(backward.df, k, "all_dl_df"),
        }
        terms = {
            "all_biases[layer]": b,
            "np.sign(all_biases[layer])": np.sign(b),
            "all_f[layer]": view.f[k],
            ONE: np.ones_like(b),
        }
        rules = _units(b, "all_biases[layer]") | _units(view.f[k], "all_f[layer]")
        rules |= {"where it is positive": df > 0, "where it is negative": df < 0}
        ordered = {"all_biases[layer]": b, "all_f[layer]": view.f[k]}
        yield Sample(backward.at(k), made, df, df, _keep_shape(arrays, df.shape), terms, rules, ordered, {})


def _weight(backward: StudentPass) -> Iterator[Sample]:
    for k, (made, df) in enumerate(zip(backward.d_weights, backward.df, strict=True)):
        if made is None or df is None or not (is_whole(made) and is_whole(df)):
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
            "np.abs(all_h[layer])": np.abs(h),
            "(all_h[layer] ** 2)": h**2,
            "np.ones_like(all_h[layer])": np.ones_like(h),
        }
        above = backward.dh[k + 1] if k < backward.depth else None
        firsts: dict[str, Array | None] = {
            "all_f[layer]": view.f[k],
            "all_dl_dh[layer+1]": above,
            **_others(backward.df, k, "all_dl_df"),
        }
        products = {f"all_dl_df[layer] @ {words}.T": _outer_product(df, x) for words, x in seconds.items()}
        products |= {f"{words} @ all_h[layer].T": _outer_product(z, h) for words, z in firsts.items()}
        arrays = {
            **products,
            "all_h[layer] @ all_dl_df[layer].T": h @ df.T,
            "the numbers of all_h[layer] @ all_dl_df[layer].T, row by row": (h @ df.T).reshape(right.shape),
            "all_dl_df[layer] / all_weights[layer]": df / w,
            "the product of all_dl_df[layer] and all_weights[layer], entry by entry": df * w,
            "all_weights[layer]": w,
            "all_dl_df[layer], in each column": df * np.ones_like(w),
            "all_h[layer].T, in each row": h.T * np.ones_like(w),
            "all_dl_df[layer] times the sum of all_h[layer], in each column": df * h.sum() * np.ones_like(w),
            "the sum of all_dl_df[layer] times all_h[layer].T, in each row": df.sum() * h.T * np.ones_like(w),
        }
        terms = {
            "all_weights[layer]": w,
            "np.sign(all_weights[layer])": np.sign(w),
            "all_dl_df[layer]": df * np.ones_like(w),
            ONE: np.ones_like(w),
        }
        rules = {
            "where all_weights[layer] is positive": w > 0,
            "where all_weights[layer] is negative": w < 0,
            "where all_dl_df[layer] is positive": (df > 0) & np.ones_like(w, dtype=bool),
            "where it is positive": right > 0,
            "where it is negative": right < 0,
            **_bands(w, "column", 1),
            **_bands(w, "row", 0),
            "on the diagonal": np.eye(*w.shape) > 0,
        }
        functions = {
            "all_weights[layer]": w,
            "the size of all_weights[layer]": np.abs(w),
            "the sign of all_weights[layer]": np.sign(w),
        }
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


def _bands(w: Array, noun: str, axis: int) -> dict[str, Booleans]:
    """Rules by the number of a row or a column."""
    number = np.indices(w.shape)[axis]
    return {
        f"in the first {noun}": number == 0,
        f"in the last {noun}": number == w.shape[axis] - 1,
        f"in all {noun}s but the first": number > 0,
        f"in all {noun}s but the last": number < w.shape[axis] - 1,
    }


def _outer_product(z: Array | None, x: Array | None) -> Array | None:
    return None if z is None or x is None else z @ x.T


def _through(backward: StudentPass, k: int, df: Array) -> Arrays:
    """The gradient of the layer's input through something else than its weights' transpose."""
    weights = backward.view.network.weights
    w, active = weights[k], backward.view.f[k] > 0
    bias, product = backward.view.network.biases[k].T @ df, "all_biases[layer].T @ all_dl_df[layer]"
    unmasked = active | (k == backward.depth)
    dw = backward.d_weights[k]
    above = {words: array for words, array in _others(backward.df, k, "all_dl_df").items() if array is not None}
    others = {words: array for words, array in _others(weights, k, "all_weights").items() if array is not None}
    # NaN where the shapes do not allow it: with them, it is looked at before the other shape, which is the same there.
    plain = w @ df if w.shape[0] == w.shape[1] else np.full((w.shape[1], 1), np.nan)
    made: dict[str, Array | None] = {
        "all_weights[layer] @ all_dl_df[layer], without the transpose": plain,
        "all_weights[layer], in another shape but not transposed, @ all_dl_df[layer]": w.reshape(w.T.shape) @ df,
        "all_weights[layer].T, rounded to half precision, @ all_dl_df[layer]": np.float64(np.float16(w)).T @ df,
        "np.sign(all_weights[layer]).T @ all_dl_df[layer]": np.sign(w).T @ df,
        "np.abs(all_weights[layer]).T @ all_dl_df[layer]": np.abs(w).T @ df,
        "(all_weights[layer] ** 2).T @ all_dl_df[layer]": (w**2).T @ df,
        "all_dl_dweights[layer].T @ all_dl_df[layer]": None if dw is None or not np.isfinite(dw).all() else dw.T @ df,
        "all_weights[layer].T @ the mean of all_dl_df[layer] in each of its entries": w.T @ np.full_like(df, df.mean()),
        "all_weights[layer].T @ the sum of all_dl_df[layer] in each of its entries": w.T @ np.full_like(df, df.sum()),
        "all_weights[layer].T @ all_dl_df[layer] from the last entry to the first": (w.T @ df)[::-1],
        "all_weights[layer].T @ all_dl_df[layer], of the units whose all_f[layer] is positive": w.T @ (active * df),
        "all_weights[layer].T @ all_dl_df[layer], in hidden layers of the units whose all_f[layer] is positive": w.T
        @ (unmasked * df),
        "all_weights[layer].T @ all_dl_df[layer] minus its mean": w.T @ df - (w.T @ df).mean(),
        f"all_weights[layer].T @ all_dl_df[layer] moved down by one unit, below {product}": (
            np.concatenate([bias, w.T @ df])[:-1]
        ),
        f"all_weights[layer].T @ all_dl_df[layer] moved up by one unit, above {product}": (
            np.concatenate([w.T @ df, bias])[1:]
        ),
        "all_weights[layer].T @ all_dl_df[layer] without the first unit, if there are more": _leave_out(w, df, 0),
        "all_weights[layer].T @ all_dl_df[layer] without the last unit, if there are more": _leave_out(w, df, -1),
        "the sum of all_dl_df[layer], in each entry": np.full((w.shape[1], 1), df.sum()),
        "the mean of all_dl_df[layer], in each entry": np.full((w.shape[1], 1), df.mean()),
    }
    made |= {f"all_weights[layer].T @ {words}": w.T @ z for words, z in above.items() if len(z) == len(w)}
    made |= {f"{words}.T @ all_dl_df[layer]": v.T @ df for words, v in others.items() if len(v) == len(df)}
    return _keep_shape(made, (w.shape[1], 1))


def _leave_out(w: Array, df: Array, unit: int) -> Array:
    """The gradient of the layer's input by all of its units but one."""
    if len(df) > 1:
        w, df = np.delete(w, unit, axis=0), np.delete(df, unit, axis=0)
    return np.asarray(w.T @ df)


def _activation(backward: StudentPass) -> Iterator[Sample]:
    for k, (made, df) in enumerate(zip(backward.dh, backward.df, strict=True)):
        if made is None or df is None or not (is_whole(made) and is_whole(df)):
            continue
        view, w = backward.view, backward.view.network.weights[k]
        right, through, dw = w.T @ df, _through(backward, k, df), backward.d_weights[k]
        terms: Arrays = {"all_h[layer]": view.h[k], ONE: np.ones_like(right)}
        if df.shape == right.shape:
            terms["all_dl_df[layer]"] = df
        if dw is not None and np.isfinite(dw).all():
            terms["all_dl_dweights[layer].T @ all_dl_df[layer]"] = dw.T @ df
        if k:
            terms |= {"all_biases[layer-1]": view.network.biases[k - 1], "all_f[layer-1]": view.f[k - 1]}
        rules = {"where it is positive": right > 0, "where it is negative": right < 0}
        if k:
            rules |= _units(view.f[k - 1], "all_f[layer-1]")
        yield Sample(backward.at(k), made, right, right, through, terms, rules, {"all_h[layer]": view.h[k]}, {})


def _of_other_layer(words: str, active: Booleans, shape: tuple[int, ...]) -> dict[str, Booleans]:
    """Rules by the units of another layer, whose number may be another one."""
    rows = min(len(active), shape[0])
    closed, opened = np.zeros(shape, dtype=bool), np.ones(shape, dtype=bool)
    closed[:rows] = opened[:rows] = active[:rows]
    return {
        f"where {words} is positive, repeated or cut off to the length of all_f[layer-1]": np.resize(active, shape),
        f"where {words} is positive, among as many units": closed,
        f"where {words} is positive, and in units beyond its length": opened,
    }


def _misplace(base: Array, f: Array) -> Arrays:
    """As many numbers as there are active units, taken from other units or put into others."""
    active, count = f[:, 0] > 0, np.count_nonzero(f > 0)
    taken, moved = np.zeros_like(base), np.zeros_like(base)
    taken[active], moved[:count] = base[:count], base[active]
    return {
        "the first numbers of what comes down, in the units whose all_f[layer-1] is positive": taken,
        "what comes down to the units whose all_f[layer-1] is positive, in the first units": moved,
    }


def _sigmoid(f: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-f)))


def _derivative(backward: StudentPass) -> Iterator[Sample]:
    for k in range(1, backward.depth + 1):
        made, above, dh = backward.df[k - 1], backward.df[k], backward.dh[k]
        if made is None or above is None or not (is_whole(made) and is_whole(above)):
            continue
        if backward.carries and not is_whole(dh):
            continue
        view = backward.view
        base = dh if dh is not None else view.network.weights[k].T @ above
        f, slope, b = view.f[k - 1], view.slopes[k - 1], view.network.biases[k - 1]
        if view.formulas.activation.kinked:
            # At the kink itself any number is right.
            made = np.where(f == 0, slope * base, made)
        arrays: Arrays = {"the activation's derivative alone": slope, **_misplace(base, f)}
        if dh is None:
            through = _through(backward, k, above)
            arrays |= {f"the activation's derivative times {words}": slope * g for words, g in through.items()}
            arrays |= through
            first = (f > 0) | (k == 1)
            arrays |= {f"{words}, masked in all but the first hidden layer": first * g for words, g in through.items()}
        same = above.shape == f.shape
        terms: Arrays = (
            {"the activation's derivative times all_dl_df[layer]": slope * above, "all_dl_df[layer]": above}
            if same
            else {}
        )
        dw = backward.d_weights[k] if dh is None else None
        if dw is not None and np.isfinite(dw).all():
            terms["the activation's derivative times all_dl_dweights[layer].T @ all_dl_df[layer]"] = slope * (
                dw.T @ above
            )
        terms |= {
            "all_f[layer-1]": f,
            "all_h[layer]": view.h[k],
            "all_f[layer-1] times the activation's derivative": slope * f,
            "the activation's derivative": slope,
            "all_biases[layer-1]": b,
            ONE: np.ones_like(f),
        }
        rules = _units(f, "all_f[layer-1]") | {
            **_of_other_layer("all_f[layer]", view.f[k] > 0, f.shape),
            **_of_other_layer("all_h[layer-1]", view.h[k - 1] > 0, f.shape),
            "where all_h[layer] is above the mean of its layer": view.h[k] > view.h[k].mean(),
            "in the units before the first whose all_f[layer-1] is not positive": np.cumsum(f <= 0).reshape(f.shape)
            == 0,
            "where it is positive": base > 0,
            "where it and all_f[layer-1] are both positive": (f > 0) & (base > 0),
            "where it is negative and all_f[layer-1] is positive": (f > 0) & (base < 0),
            "where all_biases[layer-1] is positive": b > 0,
            "in all units but the first whose all_f[layer-1] is negative": np.cumsum(f < 0).reshape(f.shape) * (f < 0)
            != 1,
            "where all_f[layer-1] is positive, and in layers where it is positive nowhere": (f > 0) | ~(f > 0).any(),
            "where all_f[layer-1] is positive, and in all units of the first hidden layer": (f > 0) | (k == 1),
            "where all_f[layer-1] is positive, and in all units of the last hidden layer": (f > 0)
            | (k == backward.depth),
        }
        functions = {
            "all_f[layer-1], cut off to between 0 and 1": np.clip(f, 0, 1),
            "the logistic sigmoid of all_f[layer-1]": _sigmoid(f),
            "all_f[layer-1]": f,
            "all_h[layer]": view.h[k],
            "all_h[layer] * (1 - all_h[layer])": view.h[k] * (1 - view.h[k]),
            "1 - all_h[layer] ** 2": 1 - view.h[k] ** 2,
            "the derivative of the logistic sigmoid at all_f[layer-1]": _sigmoid(f) * (1 - _sigmoid(f)),
            "the derivative of tanh at all_f[layer-1]": 1 - np.tanh(f) ** 2,
            "the sign of all_f[layer-1]": np.sign(f),
            "the size of all_f[layer-1]": np.abs(f),
            "the square of the activation's derivative": slope**2,
            "the activation's derivative, divided by its mean over the layer": slope / (np.mean(slope) or 1.0),
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

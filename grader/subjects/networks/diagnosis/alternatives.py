"""The arrays, terms, rules and functions by which a line may have made what it made, instead of the notebook's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.oracle.reference import loss_derivative
from grader.subjects.networks.diagnosis.own_pass import list_passes
from grader.subjects.networks.diagnosis.student_pass import StudentPass

Arrays = dict[str, Array]
Rules = dict[str, Booleans]

#: The term that is added to each number alike.
ONE = "1"
#: A rule by the number of a unit is looked for up to this many.
_UNITS = 8


class Alternatives(Protocol):
    """What a line may have made in one layer, by its words; computed when it is asked for."""

    def arrays(self) -> Arrays:
        """Other arrays that it may have made."""
        ...

    def terms(self) -> Arrays:
        """Arrays a multiple of which may have been added."""
        ...

    def rules(self) -> Rules:
        """Conditions by which entries may have been chosen."""
        ...

    def functions(self) -> Arrays:
        """Factors by which entries may have been multiplied."""
        ...


@dataclass(frozen=True, slots=True)
class OutputAlternatives:
    """Of the loss derivative."""

    backward: StudentPass

    def arrays(self) -> Arrays:
        """Derivatives of another loss, target or output."""
        view = self.backward.view
        f, y, right = view.f[-1], view.network.y, view.loss
        targets = (("the mean of y", y.mean()), ("the first of y", y[0, 0]), ("the last of y", y[-1, 0]))
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
                for words, target in targets
            },
            "the loss derivative with y without its decimals": loss_derivative(f, np.trunc(y), view.formulas),
            "the loss derivative at np.maximum(all_f[K], 0)": loss_derivative(np.maximum(f, 0), y, view.formulas),
            "the softmax of all_f[K] minus y": _softmax(f) - y,
            **{
                f"the loss derivative at the output of a forward pass {own.words}": loss_derivative(
                    own.at.f[-1], y, view.formulas
                )
                for own in list_passes(view.network, view.formulas)
            },
            "all_f[K]": f,
            "y": y,
            "1 in each output": np.ones_like(f),
        }
        return _keep_shape(arrays, right.shape)

    def terms(self) -> Arrays:
        """The output, the target, the bias, a constant."""
        f, network = self.backward.view.f[-1], self.backward.view.network
        return {"all_f[K]": f, "y": network.y, "all_biases[K]": network.biases[-1], ONE: np.ones_like(f)}

    def rules(self) -> Rules:
        """By the output, or the target."""
        view = self.backward.view
        return _units(view.f[-1], "all_f[K]") | {"where y is positive": view.network.y > 0}

    def functions(self) -> Arrays:
        """None."""
        return {}


@dataclass(frozen=True, slots=True)
class BiasAlternatives:
    """Of a layer's bias gradient."""

    backward: StudentPass
    k: int
    df: Array

    def arrays(self) -> Arrays:
        """Sums, other arrays, and those of other layers."""
        backward, k, df = self.backward, self.k, self.df
        view, b, dw = backward.view, backward.view.network.biases[k], backward.d_weights[k]
        above = backward.dh[k + 1] if k < backward.depth else None
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
        return _keep_shape(arrays, df.shape)

    def terms(self) -> Arrays:
        """The bias and its sign, the preactivation, a constant."""
        view, k, b = self.backward.view, self.k, self.backward.view.network.biases[self.k]
        return {
            "all_biases[layer]": b,
            "np.sign(all_biases[layer])": np.sign(b),
            "all_f[layer]": view.f[k],
            ONE: np.ones_like(b),
        }

    def rules(self) -> Rules:
        """By the bias, the preactivation, or the sign of dl/df."""
        view, k, df = self.backward.view, self.k, self.df
        rules = _units(view.network.biases[k], "all_biases[layer]") | _units(view.f[k], "all_f[layer]")
        return rules | {"where it is positive": df > 0, "where it is negative": df < 0}

    def functions(self) -> Arrays:
        """None."""
        return {}


@dataclass(frozen=True, slots=True)
class WeightAlternatives:
    """Of a layer's weight gradient."""

    backward: StudentPass
    k: int
    df: Array

    def arrays(self) -> Arrays:
        """Products of other columns, or by another operation."""
        backward, k, df = self.backward, self.k, self.df
        view, w = backward.view, backward.view.network.weights[k]
        h = view.h[k]
        passes = list_passes(view.network, view.formulas)
        # Sources first: the usual ones by name, then those of other layers.
        below = {"all_f[layer-1]": view.f[k - 1]} if k else {}
        seconds: dict[str, Array | None] = {
            **_others(view.h, k, "all_h"),
            **below,
            "(all_h[layer] > 0)": np.where(h > 0, 1.0, 0.0),
            **{f"(all_h[layer] of a forward pass {own.words})": own.at.h[k] for own in passes},
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
            "the numbers of all_h[layer] @ all_dl_df[layer].T, row by row": (h @ df.T).reshape(w.shape),
            "all_dl_df[layer] / all_weights[layer]": df / w,
            "the product of all_dl_df[layer] and all_weights[layer], entry by entry": df * w,
            "all_weights[layer]": w,
            "all_dl_df[layer], in each column": df * np.ones_like(w),
            "all_h[layer].T, in each row": h.T * np.ones_like(w),
            "all_dl_df[layer] times the sum of all_h[layer], in each column": df * h.sum() * np.ones_like(w),
            "the sum of all_dl_df[layer] times all_h[layer].T, in each row": df.sum() * h.T * np.ones_like(w),
        }
        return _keep_shape(arrays, w.shape)

    def terms(self) -> Arrays:
        """The weights and their sign, dl/df, a constant."""
        w, df = self.backward.view.network.weights[self.k], self.df
        return {
            "all_weights[layer]": w,
            "np.sign(all_weights[layer])": np.sign(w),
            "all_dl_df[layer]": df * np.ones_like(w),
            ONE: np.ones_like(w),
        }

    def rules(self) -> Rules:
        """By the weights, the signs, or the number of a row or a column."""
        w, df = self.backward.view.network.weights[self.k], self.df
        right = df @ self.backward.view.h[self.k].T
        return {
            "where all_weights[layer] is positive": w > 0,
            "where all_weights[layer] is negative": w < 0,
            "where all_dl_df[layer] is positive": (df > 0) & np.ones_like(w, dtype=bool),
            "where it is positive": right > 0,
            "where it is negative": right < 0,
            **_bands(w, "column", 1),
            **_bands(w, "row", 0),
            "on the diagonal": np.eye(*w.shape) > 0,
        }

    def functions(self) -> Arrays:
        """The weights, their size and their sign."""
        w = self.backward.view.network.weights[self.k]
        return {
            "all_weights[layer]": w,
            "the size of all_weights[layer]": np.abs(w),
            "the sign of all_weights[layer]": np.sign(w),
        }


@dataclass(frozen=True, slots=True)
class ActivationAlternatives:
    """Of the gradient of a layer's input."""

    backward: StudentPass
    k: int
    df: Array

    def arrays(self) -> Arrays:
        """Products with something else than the weights' transpose, or of something else than dl/df."""
        return _through(self.backward, self.k, self.df)

    def terms(self) -> Arrays:
        """The input, dl/df, what a step of the weights would change, the layer below, a constant."""
        backward, k, df = self.backward, self.k, self.df
        view, dw = backward.view, backward.d_weights[k]
        terms: Arrays = {"all_h[layer]": view.h[k], ONE: np.ones_like(view.h[k])}
        if df.shape == view.h[k].shape:
            terms["all_dl_df[layer]"] = df
        if dw is not None and np.isfinite(dw).all():
            terms["all_dl_dweights[layer].T @ all_dl_df[layer]"] = dw.T @ df
        if k:
            terms |= {"all_biases[layer-1]": view.network.biases[k - 1], "all_f[layer-1]": view.f[k - 1]}
        return terms

    def rules(self) -> Rules:
        """By its own sign, or the preactivation below."""
        view, k = self.backward.view, self.k
        right = view.network.weights[k].T @ self.df
        rules = {"where it is positive": right > 0, "where it is negative": right < 0}
        return rules | (_units(view.f[k - 1], "all_f[layer-1]") if k else {})

    def functions(self) -> Arrays:
        """None."""
        return {}


@dataclass(frozen=True, slots=True)
class DerivativeAlternatives:
    """Of the gradient of the preactivations below a layer."""

    backward: StudentPass
    k: int
    #: dl/dh, or the product that stands for it.
    base: Array

    def arrays(self) -> Arrays:
        """The derivative alone, other units, and other products on the way down."""
        backward, k, base = self.backward, self.k, self.base
        f, slope, above = backward.view.f[k - 1], backward.view.slopes[k - 1], backward.df[k]
        arrays: Arrays = {"the activation's derivative alone": slope, **_misplace(base, f)}
        if backward.dh[k] is None and above is not None:
            through = _through(backward, k, above)
            arrays |= {f"the activation's derivative times {words}": slope * g for words, g in through.items()}
            arrays |= through
            first = (f > 0) | (k == 1)
            arrays |= {f"{words}, masked in all but the first hidden layer": first * g for words, g in through.items()}
        return _keep_shape(arrays, f.shape)

    def terms(self) -> Arrays:
        """The preactivation, activation, bias and derivative, dl/df, what a step of the weights would change."""
        backward, k = self.backward, self.k
        view, above, dw = backward.view, backward.df[k], backward.d_weights[k]
        f, slope = view.f[k - 1], view.slopes[k - 1]
        terms: Arrays = {}
        if above is not None and above.shape == f.shape:
            terms |= {"the activation's derivative times all_dl_df[layer]": slope * above, "all_dl_df[layer]": above}
        if backward.dh[k] is None and dw is not None and above is not None and np.isfinite(dw).all():
            words = "the activation's derivative times all_dl_dweights[layer].T @ all_dl_df[layer]"
            terms[words] = slope * (dw.T @ above)
        return terms | {
            "all_f[layer-1]": f,
            "all_h[layer]": view.h[k],
            "all_f[layer-1] times the activation's derivative": slope * f,
            "the activation's derivative": slope,
            "all_biases[layer-1]": view.network.biases[k - 1],
            ONE: np.ones_like(f),
        }

    def rules(self) -> Rules:
        """By the preactivation, the units of another layer, the bias, or the sign of what comes down."""
        backward, k, base = self.backward, self.k, self.base
        view = backward.view
        f, b = view.f[k - 1], view.network.biases[k - 1]
        return _units(f, "all_f[layer-1]") | {
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

    def functions(self) -> Arrays:
        """Derivatives of other functions, and functions of the preactivation."""
        view, k = self.backward.view, self.k
        f, slope = view.f[k - 1], view.slopes[k - 1]
        return {
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


def _softmax(f: Array) -> Array:
    powers = np.exp(f - np.max(f))
    return np.asarray(powers / np.sum(powers))


def _others(lists: Sequence[Array | None], k: int, name: str) -> dict[str, Array | None]:
    """The entries of other layers."""
    depth = len(lists) - 1
    places = {"layer-1": k - 1, "layer+1": k + 1, "K": depth, "0": 0}
    return {f"{name}[{text}]": lists[at] for text, at in places.items() if 0 <= at <= depth and at != k}


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

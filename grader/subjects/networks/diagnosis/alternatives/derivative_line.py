"""The alternatives to the gradient of the preactivations below a layer."""

from dataclasses import dataclass

import numpy as np

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.alternatives.activation_line import list_ways_down
from grader.subjects.networks.diagnosis.alternatives.alternatives import (
    ONE,
    Arrays,
    Rules,
    keep_shape,
    list_unit_rules,
)
from grader.subjects.networks.diagnosis.student_pass import StudentPass


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
            through = list_ways_down(backward, k, above)
            arrays |= {f"the activation's derivative times {words}": slope * g for words, g in through.items()}
            arrays |= through
            first = (f > 0) | (k == 1)
            arrays |= {f"{words}, masked in all but the first hidden layer": first * g for words, g in through.items()}
        return keep_shape(arrays, f.shape)

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
        return list_unit_rules(f, "all_f[layer-1]") | {
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


def _of_other_layer(words: str, active: Booleans, shape: tuple[int, ...]) -> dict[str, Booleans]:
    """Rules by the units of another layer, whose number may be another one."""
    rows = min(len(active), shape[0])
    closed, opened = np.zeros(shape, dtype=bool), np.ones(shape, dtype=bool)
    closed[:rows] = opened[:rows] = active[:rows]
    # Of layers of one width nothing needs to be repeated.
    alike = {f"where {words} is positive": active} if active.shape == shape else {}
    return alike | {
        f"where {words} is positive, repeated or cut to the length of all_f[layer-1]": np.resize(active, shape),
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

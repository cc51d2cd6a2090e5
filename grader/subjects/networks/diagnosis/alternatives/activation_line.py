"""The alternatives to the gradient of a layer's input."""

from dataclasses import dataclass

import numpy as np

from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.alternatives.alternatives import (
    ONE,
    Arrays,
    Rules,
    keep_shape,
    list_other_layers,
    list_unit_rules,
)
from grader.subjects.networks.diagnosis.student_pass import StudentPass


@dataclass(frozen=True, slots=True)
class ActivationAlternatives:
    """Of the gradient of a layer's input."""

    backward: StudentPass
    k: int
    df: Array

    def arrays(self) -> Arrays:
        """Products with something else than the weights' transpose, or of something else than dl/df."""
        return list_ways_down(self.backward, self.k, self.df)

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
        return rules | (list_unit_rules(view.f[k - 1], "all_f[layer-1]") if k else {})

    def functions(self) -> Arrays:
        """Return no factors."""
        return {}


def list_ways_down(backward: StudentPass, k: int, df: Array) -> Arrays:
    """The gradient of the layer's input through something else than its weights' transpose."""
    weights = backward.view.network.weights
    w, active = weights[k], backward.view.f[k] > 0
    bias, product = backward.view.network.biases[k].T @ df, "all_biases[layer].T @ all_dl_df[layer]"
    unmasked = active | (k == backward.depth)
    dw = backward.d_weights[k]
    above = {
        words: array for words, array in list_other_layers(backward.df, k, "all_dl_df").items() if array is not None
    }
    others = {
        words: array for words, array in list_other_layers(weights, k, "all_weights").items() if array is not None
    }
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
    return keep_shape(made, (w.shape[1], 1))


def _leave_out(w: Array, df: Array, unit: int) -> Array:
    """The gradient of the layer's input by all of its units but one."""
    if len(df) > 1:
        w, df = np.delete(w, unit, axis=0), np.delete(df, unit, axis=0)
    return np.asarray(w.T @ df)

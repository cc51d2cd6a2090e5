"""The alternatives to the gradient of a layer's weights."""

from dataclasses import dataclass

import numpy as np

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.alternatives.alternatives import (
    ONE,
    Arrays,
    Rules,
    keep_shape,
    list_other_layers,
)
from grader.subjects.networks.diagnosis.student_pass import StudentPass
from grader.subjects.networks.diagnosis.wrong_passes import list_passes_once


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
        passes = list_passes_once(view.network, view.formulas)
        # Sources first: the usual ones by name, then those of other layers.
        below = {"all_f[layer-1]": view.f[k - 1]} if k else {}
        seconds: dict[str, Array | None] = {
            **list_other_layers(view.h, k, "all_h"),
            **below,
            "(all_h[layer] > 0)": np.where(h > 0, 1.0, 0.0),
            "np.maximum(all_h[layer], 0)": np.maximum(h, 0),
            "(all_h[layer] - np.mean(all_h[layer]))": h - h.mean(),
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
            **list_other_layers(backward.df, k, "all_dl_df"),
        }
        products = {f"all_dl_df[layer] @ {words}.T": _outer_product(df, x) for words, x in seconds.items()}
        products |= {f"{words} @ all_h[layer].T": _outer_product(z, h) for words, z in firsts.items()}
        arrays = {
            **products,
            "all_h[layer] @ all_dl_df[layer].T": h @ df.T,
            "the numbers of all_h[layer] @ all_dl_df[layer].T, row by row": (h @ df.T).reshape(w.shape),
            "all_dl_df[layer] @ all_h[layer].T, its numbers taken row by row and put column by column": np.reshape(
                (df @ h.T).ravel(), w.shape, order="F"
            ),
            "all_dl_df[layer] / all_weights[layer]": df / w,
            "the product of all_dl_df[layer] and all_weights[layer], entry by entry": df * w,
            "all_weights[layer]": w,
            "all_dl_df[layer], in each column": df * np.ones_like(w),
            "all_h[layer].T, in each row": h.T * np.ones_like(w),
            "all_dl_df[layer] times the sum of all_h[layer], in each column": df * h.sum() * np.ones_like(w),
            "the sum of all_dl_df[layer] times all_h[layer].T, in each row": df.sum() * h.T * np.ones_like(w),
        }
        return keep_shape(arrays, w.shape)

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

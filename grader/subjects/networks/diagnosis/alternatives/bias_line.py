"""The alternatives to the gradient of a layer's biases."""

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
            **list_other_layers(backward.df, k, "all_dl_df"),
        }
        return keep_shape(arrays, df.shape)

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
        rules = list_unit_rules(view.network.biases[k], "all_biases[layer]") | list_unit_rules(
            view.f[k], "all_f[layer]"
        )
        return rules | {"where it is positive": df > 0, "where it is negative": df < 0}

    def functions(self) -> Arrays:
        """Return no factors."""
        return {}

"""The alternatives to the derivative of the loss."""

from dataclasses import dataclass

import numpy as np

from grader.oracle.network import Array
from grader.oracle.reference import loss_derivative
from grader.subjects.networks.diagnosis.alternatives.alternatives import ONE, Arrays, Rules, keep_shape, list_unit_rules
from grader.subjects.networks.diagnosis.student_pass import StudentPass
from grader.subjects.networks.diagnosis.wrong_passes import list_passes


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
            "the loss derivative with y cut off to between 0 and 1": loss_derivative(
                f, np.clip(y, 0, 1), view.formulas
            ),
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
        return keep_shape(arrays, right.shape)

    def terms(self) -> Arrays:
        """The output, the target, the bias, a constant."""
        f, network = self.backward.view.f[-1], self.backward.view.network
        return {"all_f[K]": f, "y": network.y, "all_biases[K]": network.biases[-1], ONE: np.ones_like(f)}

    def rules(self) -> Rules:
        """By the output, or the target."""
        view = self.backward.view
        return list_unit_rules(view.f[-1], "all_f[K]") | {"where y is positive": view.network.y > 0}

    def functions(self) -> Arrays:
        """Return no factors."""
        return {}


def _softmax(f: Array) -> Array:
    powers = np.exp(f - np.max(f))
    return np.asarray(powers / np.sum(powers))

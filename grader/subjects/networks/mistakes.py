"""Known-wrong backward passes, on which an assignment's networks are tried: a suite that lets one pass is refused.

The usual ones are bug models of the diagnosis; the others are right but for a corner, where a suite has to look.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from grader.model.formulas import Formulas
from grader.oracle.answers import Answer
from grader.oracle.network import Array, Network
from grader.oracle.reference import loss_derivative
from grader.oracle.suite import Suite
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.diagnosis.bug import Applies, always, cross_entropy, least_squares, several_outputs
from grader.subjects.networks.diagnosis.bugs import library
from grader.subjects.networks.diagnosis.forms import answer
from grader.subjects.networks.diagnosis.lines import Lines, run
from grader.subjects.networks.diagnosis.work import NetworkView, views
from grader.subjects.networks.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong backward pass with a name that a person recognises."""

    id: str
    title: str
    lines: Lines
    applies: Applies = field(default=always)
    #: The change that it makes to its arguments before it begins; None: none.
    given: Callable[[NetworkView], NetworkView] | None = None


#: The bug models that every suite must catch.
MODELS = (
    "missing_factor",
    "wrong_sign",
    "zero_biases",
    "bias_from_activation",
    "zero_weights",
    "previous_activation",
    "preactivation",
    "transposed_weight_gradient",
    "missing_transpose",
    "through_weight_gradient",
    "no_propagation",
    "no_derivative",
    "derivative_of_other_layer",
    "derivative_of_activation",
    "batch_not_summed",
)


def _scale_finished(factor: float, when: Callable[[Network, int], bool]) -> Lines:
    return Lines(finish=lambda network, k, part: part * factor if when(network, k) else part)


def _alike(network: Network) -> bool:
    hidden = network.sizes[1:-1]
    return len(set(hidden)) < len(hidden)


CORNERS = (
    Mistake("halved", "is half of what it should be", _scale_finished(0.5, lambda _, __: True), cross_entropy),
    Mistake("small_error_below", "is 0.1 % off in the first layer", _scale_finished(1.001, lambda _, k: k == 0)),
    Mistake("small_error_above", "is 0.1 % off in the last layer", _scale_finished(1.001, lambda n, k: k == n.depth)),
    Mistake(
        "equal_widths",
        "is off where two hidden layers have the same width",
        _scale_finished(1.1, lambda n, _: _alike(n)),
        lambda assignment: assignment.ranges.depth.most >= 2,
    ),
    Mistake(
        "several_outputs",
        "is off with several outputs",
        _scale_finished(1.1, lambda n, _: n.sizes[-1] > 1),
        several_outputs,
    ),
    Mistake(
        "several_inputs",
        "is off with several inputs",
        _scale_finished(1.1, lambda n, _: n.sizes[0] > 1),
        lambda assignment: assignment.ranges.inputs.most > 1,
    ),
    Mistake(
        "negative_targets",
        "is off for negative targets",
        _scale_finished(1.1, lambda n, _: bool((n.y < 0).all())),
        least_squares,
    ),
    Mistake("rounded", "rounds to two decimals", Lines(finish=lambda _, __, part: np.round(part, 2))),
    Mistake("clipped", "clips at 10", Lines(finish=lambda _, __, part: np.clip(part, -10, 10)), least_squares),
    Mistake(
        "float16",
        "computes in float16",
        Lines(finish=lambda _, __, part: part.astype(np.float16).astype(np.float64)),
    ),
)


def _float16(array: Array) -> Array:
    return array.astype(np.float16).astype(np.float64)


def _bfloat16(array: Array) -> Array:
    """The upper half of a float32, rounded to even."""
    bits = array.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(np.float32).astype(np.float64)


def _round_to_grid(array: Array) -> Array:
    """Nine bits: multiples of 1/64 from -4 to 4."""
    return np.asarray(np.clip(np.round(array * 64), -256, 255) / 64)


Rounding = Callable[[Array], Array]
ROUNDINGS: dict[str, tuple[str, Rounding]] = {
    "float16": ("float16", _float16),
    "bfloat16": ("bfloat16", _bfloat16),
    "fixed_point": ("nine bits of fixed point", _round_to_grid),
}


def _weights(rounding: Rounding, view: NetworkView) -> NetworkView:
    return replace(view, network=replace(view.network, weights=tuple(map(rounding, view.network.weights))))


def _inputs(rounding: Rounding, view: NetworkView) -> NetworkView:
    return replace(view, h=(rounding(view.h[0]), *view.h[1:]))


def _targets(rounding: Rounding, view: NetworkView) -> NetworkView:
    y = rounding(view.network.y)
    return replace(view, network=replace(view.network, y=y), loss=loss_derivative(view.f[-1], y, view.formulas))


def _hidden(assignment: Assignment) -> bool:
    return assignment.ranges.depth.most >= 1


def _make_rounding_mistakes() -> Iterator[Mistake]:
    """Right backward passes of rounded arguments: where values have few bits, these are right."""
    parts: tuple[tuple[str, Callable[[Rounding, NetworkView], NetworkView], Applies], ...] = (
        ("weights", _weights, _hidden),
        ("inputs", _inputs, always),
        ("targets", _targets, least_squares),
    )
    for part, change, applies in parts:
        for name, (words, rounding) in ROUNDINGS.items():
            yield Mistake(
                f"{part}_in_{name}", f"rounds the {part} to {words}", Lines(), applies, partial(change, rounding)
            )


@dataclass(frozen=True, slots=True)
class Known:
    """A backward pass of ours as a candidate, in our own process: nothing of a student's is in it."""

    lines: Lines
    formulas: Formulas
    given: Callable[[NetworkView], NetworkView] | None = None

    def answer(self, suite: Suite) -> list[Answer]:
        """One answer for each network."""
        with np.errstate(all="ignore"):
            given = views(suite.networks, self.formulas)
            if self.given is not None:
                given = [self.given(view) for view in given]
            return [answer(self.lines, run(self.lines, view)) for view in given]

    def evidence(self, suite: Suite) -> list[Evidence]:  # noqa: ARG002 - none of it is written anywhere
        """Nothing: only what it returns is computed."""
        return []


def of(assignment: Assignment) -> list[Mistake]:
    """Every mistake that is one for this assignment, with an error in the layers of each distance from the output."""
    models = {bug.id: bug for bug in library.of(assignment)}
    usual = [Mistake(id_, models[id_].title, models[id_].variants[0]) for id_ in MODELS if id_ in models]
    most = assignment.ranges.depth.most
    deepest = Mistake(
        "deepest_only",
        "is off in networks of the greatest depth",
        _scale_finished(1.1, lambda network, _: network.depth == most),
    )
    distances = [
        Mistake(
            f"layer_{below}_below_output",
            f"is 1 % off in the layer {below} below the output",
            _scale_finished(1.01, lambda network, k, below=below: network.depth - k == below),  # type: ignore[misc]
        )
        for below in range(most + 1)
    ]
    others = [mistake for mistake in (*CORNERS, *_make_rounding_mistakes()) if mistake.applies(assignment)]
    return [*usual, deepest, *others, *distances]


def make_known(mistake: Mistake, assignment: Assignment) -> Known:
    """The mistake as a candidate for this assignment."""
    return Known(mistake.lines, assignment.formulas, mistake.given)

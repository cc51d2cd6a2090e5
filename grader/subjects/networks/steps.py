"""The four steps of backpropagation, each judged on its own from what came back, with marks carried forward.

Only dW and db come back, so the student's delta[k] = dl/df[k] has two readings: db[k] itself, or what dW[k] says of
it, dW[k] @ h[k] / (h[k] . h[k]). With g = W[k+1].T @ delta[k+1]:

    bias_gradient         db[k] == delta[k], and delta[K] is the loss derivative
    weight_gradient       dW[k] == delta[k] @ h[k].T
    activation_gradient   each entry of delta[k] is that of g, or g times a derivative, or zero
    relu_derivative       delta[k] is g times the activation's derivative at f[k]

Each is asked of the student's own delta, so that a slip in one does not cost the others.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from grader.model.formulas import Activation, Formulas
from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.layers import Came, Layers

STEPS = ("bias_gradient", "weight_gradient", "activation_gradient", "relu_derivative")


#: A step's tolerance in units of the assignment's: one line's sum over a layer is all that its scale allows for.
LOCAL = 4.0


class Reading(Enum):
    """The source from which the student's delta is read."""

    BIASES = "db"
    WEIGHTS = "dW @ h / (h . h)"


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step over L layers: those on which it was put to the test, and those on which it failed."""

    tested: Booleans
    failed: Booleans
    #: Whether there is evidence at all: zeros are none.
    evident: bool
    #: Whether arrays came back on which it could have been seen.
    asked: bool
    #: The layers on which it does not fail, though not all of it was seen: their networks count for neither.
    unsure: Booleans
    #: The source of the deltas.
    reading: Reading


def read(layers: Layers, came: Came, reading: Reading) -> tuple[Array, Booleans]:
    """The student's delta (L, m), and the layers on which this reading has one."""
    if reading is Reading.BIASES:
        return came.biases, came.answered
    squares = np.einsum("lj,lj->l", layers.h, layers.h)
    delta = layers.multiply(came.entries, layers.h) / np.where(squares > 0, squares, 1.0)[:, None]
    return delta, came.weighed & (squares > 0)


def judge(layers: Layers, came: Came, reading: Reading, assignment: Assignment) -> dict[str, Step]:
    """Each step under one reading. Entries that are not finite fail whatever they touch."""
    with np.errstate(all="ignore"):
        delta, known = read(layers, came, reading)
        rtol = LOCAL * assignment.rtol
        return {
            "bias_gradient": _bias(layers, delta, came, known, reading, rtol),
            "weight_gradient": _weight(layers, delta, came.entries, known, reading, rtol),
            **_propagation(layers, delta, known, reading, assignment),
        }


def agreeing(layers: Layers, came: Came, reading: Reading, assignment: Assignment) -> Booleans:
    """The layers that are known to hold gradients: whose dW and db are of one dl/df.

    Read from the weights, also those whose dW is of one dl/df and several inputs, below a right one at the output.
    """
    with np.errstate(all="ignore"):
        rtol = LOCAL * assignment.rtol
        of_one = came.answered & ~_weight(layers, came.biases, came.entries, came.answered, Reading.BIASES, rtol).failed
        if reading is Reading.BIASES:
            return of_one
        delta, known = read(layers, came, reading)
        right = (_near(delta, layers.top_delta, rtol * layers.top_size) | ~layers.unit).all(axis=1)
        started = np.isin(layers.network, layers.network[known & layers.top & right])
        product = known & ~_weight(layers, delta, came.entries, known, reading, rtol).failed
        return np.asarray(of_one | (started & product & (np.count_nonzero(layers.h, axis=1) > 1)))


def _near(a: Array, b: Array, size: Array) -> Booleans:
    """Written so that NaN is near nothing."""
    return np.asarray(np.abs(a - b) <= size)


def _bias(  # noqa: PLR0913 - the step, and all that is read for it
    layers: Layers, delta: Array, came: Came, known: Booleans, reading: Reading, rtol: float
) -> Step:
    d_biases, known = came.biases, known & came.answered
    wrong = ~_near(d_biases, delta, rtol * (np.abs(delta) + np.abs(d_biases)))
    wrong |= layers.top[:, None] & ~_near(delta, layers.top_delta, rtol * layers.top_size)
    failed = known & (wrong & layers.unit).any(axis=1)
    tested = known & ((delta != 0) | layers.top[:, None]).any(axis=1)
    unsure = ~known
    if reading is Reading.BIASES:
        # db is compared with itself but at the output: below it is dW that shows whether it is dl/df.
        compared = layers.h.any(axis=1) & ~_weight(layers, delta, came.entries, known, reading, rtol).failed
        unsure |= ~layers.top & ~compared
    return Step(tested, failed, bool(tested.any()), bool(known.any()), unsure, reading)


def _weight(  # noqa: PLR0913 - as above
    layers: Layers, delta: Array, entries: Array, known: Booleans, reading: Reading, rtol: float
) -> Step:
    # Without the padding, which would be five of six entries.
    outer = delta.ravel()[layers.entry_row] * layers.h.ravel()[layers.entry_column]
    right = _near(entries, outer, rtol * np.abs(outer)) & np.isfinite(outer)
    failed = known & np.logical_or.reduceat(~right, layers.entry_start)
    tested = known & np.logical_or.reduceat((outer != 0) | (entries != 0), layers.entry_start)
    return Step(tested, failed, bool(tested.any()), bool(known.any()), ~known, reading)


def _propagation(
    layers: Layers, delta: Array, known: Booleans, reading: Reading, assignment: Assignment
) -> dict[str, Step]:
    """Steps three and four, judged at each hidden layer from the delta of the layer above."""
    g = layers.carry_back(layers.weights, delta)
    size = LOCAL * assignment.rtol * layers.carry_back(layers.weight_size, np.abs(delta))
    judged = known & np.roll(known, -1) & ~layers.top & ~_find_unstored_output(layers, delta, known)
    # Where g is not zero beyond rounding: elsewhere nothing can be told.
    speaks = layers.unit & (np.abs(g) > 8 * size) & judged[:, None]
    silent = np.abs(delta) <= size
    legitimate, right = _compare(layers, delta, g, size, assignment.formulas)
    activation_failed = judged & (layers.unit & ~legitimate).any(axis=1)
    derivative_failed = judged & (speaks & (layers.f != 0) & ~right).any(axis=1)
    # A layer of zeros that is zero on every network may be one that the loop never comes to, unless others have them.
    cleared = derivative_failed & (silent | ~layers.unit).all(axis=1)
    unwritten = derivative_failed & ~_find_written(layers, delta)
    unwritten &= not (cleared & ~unwritten).any()
    derivative_failed &= ~unwritten
    # A layer of zeros is step three's, if that is seen to fail elsewhere; or one that the loop never comes to.
    zeros = derivative_failed & cleared
    if activation_failed.any():
        activation_failed, derivative_failed = activation_failed | zeros, derivative_failed & ~zeros
    # All zeros below the output say nothing of either: both lines may still be the template's.
    heard = bool((speaks & ~silent).any())
    unseen = ~judged & ~layers.top
    bent = heard and bool((speaks & (layers.slope != 1.0)).any())
    return {
        "activation_gradient": Step(
            (speaks & ~silent).any(axis=1) | activation_failed,
            activation_failed,
            heard,
            bool(judged.any()),
            # An entry that the derivative made zero shows nothing of what was there.
            unseen | (speaks & silent).any(axis=1),
            reading,
        ),
        "relu_derivative": Step(
            speaks.any(axis=1) & ~unwritten,
            derivative_failed,
            bent,
            bool(judged.any()),
            unseen | activation_failed,
            reading,
        ),
    }


def _find_unstored_output(layers: Layers, delta: Array, known: Booleans) -> Booleans:
    """The layers below an output whose arrays were never stored: zero on every network, and what follows is not."""
    output = layers.top & known
    if delta[output].any():
        return np.zeros_like(known)
    unstored = output & (layers.top_delta != 0).any(axis=1)
    return np.asarray(np.roll(unstored, -1) & ~layers.top & (delta != 0).any(axis=1))


def _find_written(layers: Layers, delta: Array) -> Booleans:
    """The layers k below the output of which any network's is not zero."""
    place = np.arange(len(layers.top))
    k = place - np.maximum.accumulate(np.where(layers.lowest, place, 0))
    filled = np.bincount(k, (delta != 0).any(axis=1) & ~layers.top) > 0
    return np.asarray(filled[k])


def _whole(layers: Layers, legitimate: Booleans) -> Booleans:
    """Return (L, 1): True if step three could return every entry of a layer; if not, it shows nothing of step four.

    Single entries match by chance: a width's root is within rounding of some preactivation in a suite of this size.
    """
    return np.asarray((legitimate | ~layers.unit).all(axis=1, keepdims=True))


def _compare(layers: Layers, delta: Array, g: Array, size: Array, formulas: Formulas) -> tuple[Booleans, Booleans]:
    """Masks of the entries that step three could return, and of those that step four should."""
    silent = np.abs(delta) <= size
    plain = _near(delta, g, size)
    active = layers.f > 0
    match formulas.activation:
        case Activation.RELU:
            # Step three done rightly, and another function than the derivative put in front of it.
            disguised = _near(delta, layers.f * g, size * np.abs(layers.f))
            for slope in (-1.0, 0.01, 0.1):
                disguised |= ~active & _near(delta, slope * g, size * abs(slope))
            disguised &= ~plain & ~silent
            legitimate = plain | silent | disguised
            # What is not active is exactly zero; what is only small may be another step's mistake.
            whole = _whole(layers, legitimate)
            # A zero of an active unit may be step three's, if that fails in the layer.
            masked = np.where(active, (delta != 0) | ~whole, delta == 0)
            return legitimate, masked & ~(disguised & whole)
        case Activation.LEAKY_RELU:
            sloped = _near(delta, formulas.slope * g, size * formulas.slope)
            legitimate = plain | silent | sloped
            return legitimate, np.where(active, plain, sloped) | ~_whole(layers, legitimate)
        case Activation.TANH | Activation.SIGMOID:
            bent = _near(delta, layers.slope * g, size * layers.slope_size)
            return plain | bent, bent

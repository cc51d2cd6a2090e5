"""Right numbers that something was done to at the end: rounded, clipped, scaled, normed, mixed with the parameters."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from grader.oracle.answers import Returned
from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.case import EVIDENCE, ROUNDING, Case, has_overflowed
from grader.subjects.networks.diagnosis.fit import Fit
from grader.subjects.networks.layers import Places

#: Decimals to which a student may round so that it is seen.
MOST_DECIMALS = 6

#: What a small number that is added to a norm may change, relative to the number itself.
_SMALL = 1e-4

#: What half precision may err by, in units of the size of what cancels in an entry, over a network's layers.
HALF = 2.0**-7


#: A loop that ends before layer 0.
LOWEST_LEFT_OUT = Bug(
    "lowest_layer_missing",
    "leaves the gradients of layer 0 as zeros",
    Where.RETURN,
    (),
    "Which layers does your code come to? Which is the last that it fills in?",
    "Layer 0 has gradients, too: range(K, -1, -1) reaches it, or while layer >= 0.",
    fails=(),
)


@dataclass(frozen=True, slots=True, eq=False)
class ReturnedPart:
    """The returned numbers of the weights, the biases or both; the right ones, and their tolerance."""

    what: str
    got: Array
    right: Array
    tolerance: Array
    #: The size of what cancels in an entry.
    size: Array
    #: The parameter that each is the derivative of, and the number of the array that it belongs to.
    parameter: Array
    array: Places
    #: Which entries are those of layer 0.
    lowest: Booleans
    #: The number of units in the entry's layer.
    units: Places
    #: The number of the network that each belongs to.
    network: Places


def numeric(case: Case, rtol: float) -> list[Fit]:
    """The fit of a change to all gradients, or to the weights' or the biases' alone while the others are right."""
    if not case.returned or not all(isinstance(answer, Returned) or has_overflowed(answer) for answer in case.answers):
        return []
    for part in _parts(case, rtol):
        if np.all(np.abs(part.got - part.right) <= part.tolerance):
            continue
        for look in (
            _find_rounding,
            _find_truncation,
            _half,
            _find_scaling,
            _find_scaling_by_units,
            _find_unfilled,
            _find_clipping,
            _find_mixture,
            _find_norming,
        ):
            bug = look(part)
            if bug is not None:
                return [Fit((bug,), complete=True)]
    return []


def _parts(case: Case, rtol: float) -> Iterator[ReturnedPart]:
    back = case.entries
    settled, floor = np.isfinite(case.suite.tolerances[back]), case.floor[back]
    right = np.where(settled, case.suite.derivatives[back], case.got)
    size, biases, parameters = floor / rtol, case.biases[back], case.suite.parameters[back]
    # Weights and biases take turns.
    arrays = np.cumsum(np.diff(case.biases, prepend=case.biases[:1]))
    first = arrays[np.asarray(case.suite.starts[:-1])]
    lowest, arrays = np.isin(arrays, [*first, *(first + 1)])[back], arrays[back]
    layers = [(a * b, b) for sizes in case.suite.sizes for a, b in pairwise(sizes)]
    units = np.repeat([rows for _, rows in layers], [entries + rows for entries, rows in layers])[back]
    starts = np.asarray(case.suite.starts)
    networks = np.repeat(np.arange(len(starts) - 1), np.diff(starts))[back]
    for what, inside in (("gradients", None), ("bias gradients", biases), ("weight gradients", ~biases)):
        if inside is None:
            at = settled
        elif np.all(np.abs(case.got - right)[~inside] <= floor[~inside]):
            at = inside & settled
        else:
            continue
        yield ReturnedPart(
            what,
            case.got[at],
            right[at],
            floor[at],
            size[at],
            parameters[at],
            arrays[at],
            lowest[at],
            units[at],
            networks[at],
        )


#: The lines whose numbers come back in each part.
_STEPS = {
    "gradients": ("bias_gradient", "weight_gradient"),
    "bias gradients": ("bias_gradient",),
    "weight gradients": ("weight_gradient",),
}

#: The line that makes each part of them alone.
_WHERE = {"bias gradients": Where.BIAS, "weight gradients": Where.WEIGHT}


def _bug(part: ReturnedPart, id_: str, title: str, hint: str, strong: str) -> Bug:
    return Bug(id_, title, _WHERE.get(part.what, Where.RETURN), (), hint, strong, fails=_STEPS[part.what])


def _find_rounding(part: ReturnedPart) -> Bug | None:
    for decimals in range(MOST_DECIMALS + 1):
        shifted = part.got * 10.0**decimals
        whole = np.abs(shifted - np.round(shifted)) <= 1e-9 * np.maximum(1.0, np.abs(shifted))
        if np.all(whole) and np.all(np.abs(part.got - part.right) <= 0.5 / 10**decimals + part.tolerance):
            to = f"{decimals} decimal{'' if decimals == 1 else 's'}" if decimals else "whole numbers"
            return _bug(
                part,
                "rounded",
                f"rounds its {part.what} to {to}",
                "Small derivatives matter too. What becomes of them before they are returned?",
                "Return the numbers as they are: no np.round and no integers.",
            )
    return None


def _find_truncation(part: ReturnedPart) -> Bug | None:
    cut = np.trunc(part.right)
    # What is right within rounding of a whole number may have been cut to either side of it.
    same = (part.got == cut) | (
        (part.got == np.round(part.got))
        & (np.abs(part.got - part.right) <= 1 + part.tolerance)
        & (np.abs(part.right - np.round(part.right)) <= part.tolerance)
    )
    if not np.all(same):
        return None
    return _bug(
        part,
        "truncated",
        f"drops the decimals of its {part.what}",
        "What dtype do the arrays have that your numbers are written into?",
        "An array of integers drops all decimals: make it one of float64.",
    )


def _half(part: ReturnedPart) -> Bug | None:
    with np.errstate(over="ignore"):
        held = np.array_equal(part.got, part.got.astype(np.float16))
    if not held or not np.all(np.abs(part.got - part.right) <= HALF * part.size):
        return None
    return _bug(
        part,
        "float16",
        f"keeps its {part.what} in half precision",
        "What dtype do your arrays have?",
        "float16 holds three decimal digits only: leave the arrays in float64.",
    )


def _find_scaling(part: ReturnedPart) -> Bug | None:
    largest = np.max(np.abs(part.right))
    if largest == 0:
        return None
    # In units of the largest, so that nothing overflows.
    got, right = part.got / largest, part.right / largest
    # Not `@`, which would wake the threads of a library for linear algebra.
    factor = float((got * right).sum() / (right * right).sum())
    if not np.all(np.abs(part.got - factor * part.right) <= (1 + abs(factor)) * part.tolerance):
        return None
    shown = f"{factor:.6g}"
    # Numbers that only just miss their tolerances are near a factor that is none.
    if factor == 0 or shown == "1":
        return None
    bug = _bug(
        part,
        "scaled",
        f"makes all its {part.what} {shown} times what they should be",
        f"Every number of them is off by one factor, {shown}. Where in your code does such a factor come in?",
        f"The factor {shown} does not belong there: no mean, no learning rate, no second 2.",
    )
    # One of all gradients may come from the derivative of the loss.
    return replace(bug, fails=None) if part.what == "gradients" else bug


def _find_scaling_by_units(part: ReturnedPart) -> Bug | None:
    """A factor that depends on the number of a layer's units alone."""
    factors: dict[int, float] = {}
    for units in np.unique(part.units).tolist():
        mine = part.units == units
        got, right, tolerance = part.got[mine], part.right[mine], part.tolerance[mine]
        largest = np.max(np.abs(right))
        if largest == 0:
            continue
        factor = float((got / largest * (right / largest)).sum() / ((right / largest) ** 2).sum())
        if not factor or not np.all(np.abs(got - factor * right) <= (1 + abs(factor)) * tolerance):
            return None
        factors[units] = factor
    if len(factors) < EVIDENCE or all(f"{factor:.4g}" == "1" for factor in factors.values()):
        return None
    most = max(factors)
    times = f"{factors[most]:.4g} in a layer with {most} units"
    return _bug(
        part,
        "scaled_by_units",
        f"multiplies its {part.what} by a number that depends on how many units the layer has: {times}",
        f"The factor is {times}. Where in your code does the number of units come in?",
        "Nothing is divided by the number of units: a mean, if any, is one over the columns of a batch.",
    )


def _find_unfilled(part: ReturnedPart) -> Bug | None:
    """Zeros in layer 0, and what is right in all others: the loop ends before it comes there.

    The one layer of a network without hidden layers may be right.
    """
    off = np.abs(part.got - part.right) > part.tolerance
    deep = np.isin(part.network, part.network[~part.lowest])
    if part.what != "gradients" or np.any(part.got[part.lowest & deep]) or np.any(off & ~part.lowest):
        return None
    if np.any(part.got[~deep]) and np.any(off[~deep]):
        return None
    return LOWEST_LEFT_OUT


def _find_clipping(part: ReturnedPart) -> Bug | None:
    most = float(np.max(np.abs(part.got)))
    beyond = np.abs(part.right) > most + part.tolerance
    clipped = np.all(np.abs(part.got - np.clip(part.right, -most, most)) <= part.tolerance)
    if most == 0 or beyond.sum() < EVIDENCE or not clipped:
        return None
    return _bug(
        part,
        "clipped",
        f"clips its {part.what} at {most:.4g}",
        "May a derivative be large?",
        f"A derivative beyond {most:.4g} is a derivative all the same: do not clip.",
    )


def _find_mixture(part: ReturnedPart) -> Bug | None:
    """A sum of the right numbers and the parameters themselves, each times a factor of its own."""
    # In units of the largest, so that nothing overflows.
    largest = max(float(np.max(np.abs(array))) for array in (part.got, part.right, part.parameter))
    if not 0 < largest < np.inf:
        return None
    got, right, own = (array / largest for array in (part.got, part.right, part.parameter))
    products = [[float((a * b).sum()) for b in (right, own)] for a in (right, own)]
    determinant = products[0][0] * products[1][1] - products[0][1] ** 2
    if determinant <= 1e-9 * products[0][0] * products[1][1]:
        return None
    onto = [float((got * array).sum()) for array in (right, own)]
    factor = (onto[0] * products[1][1] - onto[1] * products[0][1]) / determinant
    share = (onto[1] * products[0][0] - onto[0] * products[0][1]) / determinant
    off = np.abs(part.got - factor * part.right - share * part.parameter)
    if not np.all(off <= (1 + abs(factor)) * part.tolerance + ROUNDING * np.abs(share * part.parameter)):
        return None
    if abs(share - 1) < ROUNDING and abs(factor) > ROUNDING:
        sign = "minus" if factor < 0 else "plus"
        return _bug(
            part,
            "updated_parameters",
            f"returns {_PARAMETERS[part.what]} changed by their gradients, as after a step",
            "What should backward_pass return: gradients, or parameters after a step? From what do your sums start?",
            f"It returns each parameter {sign} {abs(factor):.4g} times its gradient. Return the gradients alone: start"
            " sums from zeros, and take a step where the function is called.",
        )
    if abs(factor - 1) < ROUNDING and abs(share) > ROUNDING:
        return _bug(
            part,
            "parameters_added",
            f"adds {share:.4g} times the {_PARAMETERS[part.what]} to their gradients, as for weight decay",
            f"What has the loss to do with the size of the {_PARAMETERS[part.what]}?",
            f"The loss has no such term: leave out {share:.4g} times the {_PARAMETERS[part.what]}.",
        )
    return None


#: What each part of what came back is the derivative of.
_PARAMETERS = {"gradients": "weights and biases", "bias gradients": "biases", "weight gradients": "weights"}


def _find_norming(part: ReturnedPart) -> Bug | None:
    """Each array divided by its own norm, or that norm kept below a limit; or the same of all arrays of a network."""
    return _find_norm(part, part.array, f"each array of its {part.what}", "the array's norm") or _find_norm(
        part, part.network, f"all of its {part.what} together", "the norm of all"
    )


def _find_norm(part: ReturnedPart, groups: Places, words: str, norm: str) -> Bug | None:
    mine, right = (np.sqrt(np.bincount(groups, array**2)) for array in (part.got, part.right))
    limit = float(np.max(mine))
    # What is added to a norm, so that it is not zero, shows in small arrays.
    large = right > _SMALL * limit
    longer = large & (right > (1 + _SMALL) * limit)
    if not 0 < limit < np.inf or longer.sum() < EVIDENCE:
        return None
    shrunk = limit / np.where(large, right, 1.0)
    at = large[groups]
    size = np.abs(part.right) + part.tolerance
    if np.all(np.abs(part.got - part.right * shrunk[groups])[at] <= _SMALL * (size * shrunk[groups])[at]):
        return _bug(
            part,
            "normed",
            f"divides {words} by {norm}",
            "Does a gradient's length matter to whoever takes a step along it?",
            "Return the numbers as they are: nothing is divided by a norm.",
        )
    least = np.minimum(shrunk, 1.0)[groups]
    if np.all(np.abs(part.got - part.right * least)[at] <= part.tolerance[at] + _SMALL * (size * least)[at]):
        return _bug(
            part,
            "clipped",
            f"clips the norm of {words} at {limit:.4g}",
            "May a derivative be large?",
            f"What has a norm beyond {limit:.4g} is a gradient all the same: do not clip.",
        )
    return None

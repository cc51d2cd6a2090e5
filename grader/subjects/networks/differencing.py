"""The search for numerical differentiation in functions that recompute the forward pass: two marks of a step.

**Cancellation.** A difference quotient is a whole multiple of the loss's last bit over the step. Targets further and
further away (or, under a cross-entropy, larger and larger biases of a wrong class) make the loss so large that all
derivatives of a network are seen to be multiples of one quantum, which grows as the loss does. What backpropagation
rounds, in whatever precision, is a part of each number and grows with the derivatives.

**Underflow.** A complex step does not cancel. But it multiplies the derivative on its way: where that is near the least
number that there is, its digits are lost, though it and all that backpropagation computes can be held; where it is
2^-200 they are not, which tells it from single precision. To make derivatives so small, inputs are, with first weights
as much larger, or the last weights are, which shows a step of the biases, too. Digits that small last weights lose at
2^-600 already do not count: the square of such a derivative is zero, and backpropagation may look at a norm.

Steps that are a part of each parameter, however small it is, have no common quantum and are not seen.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from grader.model.formulas import Loss
from grader.model.verdict import Flag
from grader.oracle.answers import Answer, Candidate, Returned
from grader.oracle.network import Array, Network, forward
from grader.oracle.reference import gradient
from grader.oracle.suite import Suite, build_unmeasured, flatten
from grader.subjects.networks.assignment import Assignment

NUMERICAL = Flag("finite_differences", "computes its derivatives by finite differences")

#: Networks that are tried, the smallest with this many derivatives that are not zero.
_NETWORKS, _ENTRIES = 2, 8
#: How much larger the loss's argument is made each time, as exponents of two.
_RUNGS, _RUNG = range(8, 44, 3), 3
#: The largest derivative of the first weights is more, so that it has all its digits with the smallest inputs.
_LARGE = 2.0**-4
#: A multiple of the quantum at most, and how near to a whole number it is.
_MOST, _WHOLE = 2.0**24, 1e-2
#: How near to that growth the quantum's is if it is seen once.
_EXACTLY = 1e-6
#: Exponents of two of what is made small: in every precision's range but single's, and at the end of double's.
_SMALL, _LEAST = -200, -1015
#: So small that squares of it are zero, as in a norm that backpropagation may look at.
_SQUARES = -600
#: Beyond this part of a number backpropagation does not err here; below this size a double has fewer digits.
_EXACT, _NORMAL = 1e-11, 2.0**-1021


def differentiates(candidate: Candidate[Suite], suite: Suite, assignment: Assignment) -> bool:
    """True if a network that is tried shows a step. Raises CandidateError if the function ends."""
    chosen = _choose_networks(suite, assignment)
    if not chosen:
        return False
    asked = [probe for network in chosen for probe in _probes(network, assignment)]
    with np.errstate(all="ignore"):
        passes = [forward(network, assignment.formulas) for network in asked]
    answers = candidate.answer(build_unmeasured(asked, passes, "probe"))
    per_network = len(asked) // len(chosen)
    parts = [slice(n * per_network, (n + 1) * per_network) for n in range(len(chosen))]
    if any(_underflows(answers[part], asked[part], assignment) for part in parts):
        return True
    power = 2 if assignment.formulas.loss is Loss.LEAST_SQUARES else 1
    quanta = [_quanta(answers[part], asked[part][0]) for part in parts]
    # A step that rounds with each parameter blurs the quantum: two networks show it together.
    exact = sum(any(_grows_exactly(quantum, power) for quantum in of_network) for of_network in quanta)
    return exact > 1 or any(_cancels(quantum, power) for of_network in quanta for quantum in of_network)


def _choose_networks(suite: Suite, assignment: Assignment) -> list[Network]:
    """The smallest networks with a hidden layer and enough derivatives to decide by."""
    deep = [i for i, sizes in enumerate(suite.sizes) if len(sizes) > 2 and suite.columns[i] == 1]
    networks: list[Network] = []
    for i in sorted(deep, key=lambda i: (suite.starts[i + 1] - suite.starts[i], i)):
        network = suite.networks[i]
        parts = gradient(_distant(network, assignment, _RUNGS[-1]), assignment.formulas)
        seen = len(np.unique(np.abs(flatten(parts))))
        first = np.abs(gradient(network, assignment.formulas)[0])
        if seen > _ENTRIES and first.max() > _LARGE and np.abs(network.net_input).min() > 0:
            networks.append(network)
        # Who differentiates by preactivations shows the quantum in the biases alone.
        biases = len(np.unique(np.abs(np.concatenate([part.ravel() for part in parts[1::2]]))))
        if len(networks) >= _NETWORKS and biases > _ENTRIES:
            break
    # A step that is a part of each large parameter is one step where none is large.
    scaled = map(_scale_down, networks[:_NETWORKS])
    large = [network for network in scaled if np.abs(gradient(network, assignment.formulas)[0]).max() > _LARGE]
    return [*networks[:_NETWORKS], *networks[_NETWORKS:][-1:], *large]


def _scale_down(network: Network) -> Network:
    """The network with weights and biases times a power of two, so that none is beyond 1."""
    largest = max(float(np.max(np.abs(part))) for part in (*network.weights, *network.biases))
    times = 2.0 ** -max(0.0, np.ceil(np.log2(largest)))
    weights, biases = (tuple(part * times for part in parts) for parts in (network.weights, network.biases))
    return Network(weights, biases, network.net_input, network.y)


def _probes(network: Network, assignment: Assignment) -> list[Network]:
    return [
        *(_distant(network, assignment, rung) for rung in _RUNGS),
        *(_with_inputs(network, exponent) for exponent in (_SMALL, _LEAST)),
        *(_with_last_weights(network, exponent) for exponent in (_SQUARES, _LEAST)),
    ]


def _distant(network: Network, assignment: Assignment, exponent: int) -> Network:
    """The network with a loss that is larger by about this power of two, by its target or by its last layer."""
    weights, biases, y = network.weights, network.biases, network.y
    if assignment.formulas.loss is Loss.LEAST_SQUARES:
        away = 1.0 + np.arange(len(y))[:, None] / 8
        return Network(weights, biases, network.net_input, y - away * 2.0**exponent)
    # One logit per wrong answer so far off that the loss is nearly that bias.
    output, away = forward(network, assignment.formulas).f[-1], np.zeros_like(y)
    if assignment.formulas.loss is Loss.BINARY_CROSS_ENTROPY:
        away = np.where(y > 0.5, -1.0, 1.0)
    else:
        away[int(np.argmax(np.where(y[:, 0] > 0, -np.inf, output[:, 0])))] = 1.0
    return Network(weights, (*biases[:-1], biases[-1] + away * 2.0**exponent), network.net_input, y)


def _with_inputs(network: Network, exponent: int) -> Network:
    """The network with inputs smaller by a power of two and first weights as much larger."""
    first = np.ldexp(network.weights[0], -exponent)
    return Network((first, *network.weights[1:]), network.biases, np.ldexp(network.net_input, exponent), network.y)


def _with_last_weights(network: Network, exponent: int) -> Network:
    """The network with last weights smaller by a power of two, as all derivatives below them then are."""
    last = np.ldexp(network.weights[-1], exponent)
    return Network((*network.weights[:-1], last), network.biases, network.net_input, network.y)


def _quanta(answers: Sequence[Answer], network: Network) -> list[list[float | None]]:
    """The quantum on each rung, of all derivatives and of those by the biases."""
    sizes = [size for w, b in zip(network.weights, network.biases, strict=True) for size in (w.size, b.size)]
    biases = np.repeat(np.arange(len(sizes)) % 2 == 1, sizes)
    return [
        [quantum(answer.numbers[chosen]) if isinstance(answer, Returned) else None for answer in answers[: len(_RUNGS)]]
        for chosen in (np.ones_like(biases), biases)
    ]


def _grows_exactly(quanta: Sequence[float | None], power: int) -> bool:
    """True if the quantum grows from one rung to the next exactly as the loss does."""
    return any(
        before is not None and after is not None and abs(after / before / 2.0 ** (power * _RUNG) - 1) < _EXACTLY
        for before, after in pairwise(quanta)
    )


def _cancels(quanta: Sequence[float | None], power: int) -> bool:
    """True if the quantum grows as the loss does, by whole powers of two, from one rung to the next and the next."""
    steps = []
    for before, after in pairwise(quanta):
        if before is None or after is None:
            steps.append(False)
            continue
        grew = float(np.log2(after / before))
        steps.append(abs(grew - round(grew)) < _WHOLE and abs(grew - power * _RUNG) <= power)
    return any(first and second for first, second in pairwise(steps))


def quantum(numbers: Array) -> float | None:
    """The largest number of which all of these are whole multiples; None if that is too small to be determined."""
    sizes = np.unique(np.abs(numbers[np.isfinite(numbers) & (numbers != 0)]))
    if len(sizes) < _ENTRIES or len(sizes) < len(np.unique(np.abs(numbers))) - 1:
        return None
    quantum = float(sizes[0])
    # From the small to the large, each makes the quantum more exact for the next.
    for n, size in enumerate(sizes):
        quantum = _divisor(float(size), quantum, float(sizes[-1]) / (64 * _MOST))
        whole = np.round(sizes[: n + 1] / quantum)
        if not whole.all():
            return None
        quantum = float((sizes[: n + 1] * whole).sum() / (whole * whole).sum())
    multiples = sizes / quantum
    if multiples[-1] > _MOST or np.abs(multiples - np.round(multiples)).max() > _WHOLE:
        return None
    return quantum


def _divisor(a: float, b: float, rounding: float) -> float:
    """The greatest common divisor of two numbers that are known to within some rounding (Euclid)."""
    while b > rounding:
        rest = a % b
        a, b = b, min(rest, b - rest)
    return a


def _underflows(answers: Sequence[Answer], asked: Sequence[Network], assignment: Assignment) -> bool:
    """True if only derivatives at the end of double precision are off: of the first weights, or below the last."""
    first, last = asked[0].weights[0].size, asked[0].weights[-1].size + asked[0].biases[-1].size
    inputs, weights = slice(len(_RUNGS), len(_RUNGS) + 2), slice(len(_RUNGS) + 2, None)
    return _loses_digits(answers[inputs], asked[inputs], slice(0, first), assignment) or _loses_digits(
        answers[weights], asked[weights], slice(0, -last), assignment
    )


def _loses_digits(answers: Sequence[Answer], asked: Sequence[Network], small: slice, assignment: Assignment) -> bool:
    """True if of two networks whose derivatives are small in one part that part alone is off, and in the second one."""
    off = []
    for answer, network in zip(answers, asked, strict=True):
        if not isinstance(answer, Returned):
            return False
        with np.errstate(all="ignore"):
            right = flatten(gradient(network, assignment.formulas))
        others = np.ones(len(right), dtype=bool)
        others[small] = False
        size = np.maximum(np.abs(right), np.abs(right[others]).max() * others)
        wrong = np.abs(answer.numbers - right) > _EXACT * size
        if wrong[others].any():
            return False
        held = np.abs(right[small]) > _NORMAL
        off.append((int((wrong[small] & held).sum()), int(held.sum())))
    (before, _), (least, held_least) = off
    return before == 0 and least > 0 and 2 * least >= held_least

"""Probe networks, never graded: their activations are not the forward pass of their weights.

Who backpropagates uses the activations that are given. Who follows the true forward pass of the weights recomputes it,
in whatever precision; whether that is by differences is asked by `differencing`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from grader.model.formulas import Formulas
from grader.model.verdict import Flag
from grader.oracle.answers import Answer, Returned
from grader.oracle.cases import spread
from grader.oracle.network import Array, Network, Pass, activate, forward
from grader.oracle.reference import activation_derivative, gradient, loss_derivative
from grader.oracle.suite import Suite, build_unmeasured, flatten
from grader.oracle.tolerance import scale
from grader.subjects.networks.assignment import Assignment

#: The number of probes; all of them must agree before anything is flagged.
PROBES = 4

#: A numerical derivative follows the true forward pass within this part of an entry's scale.
FOLLOWS = 1e-4

#: Within this part of an entry's scale a number is that of the given activations.
GIVEN = 1e-9

#: So large a part of the derivatives must follow it: a large step crosses a kink here and there.
MOSTLY = 0.9

RECOMPUTES = Flag("recomputes_forward_pass", "recomputes the forward pass instead of using all_f and all_h")


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """The gradient of a probe's true forward pass, that of its given activations, and the scale of both.

    `from_layers` follows a forward pass of its own from each given preactivation up, `from_inputs` from each layer's
    given input; `from_biases` has the true dl/df of the weights' own pass, beside the given activations.
    """

    from_weights: Array
    from_biases: Array
    from_layers: Array
    from_inputs: Array
    from_given: Array
    size: Array


@dataclass(frozen=True, slots=True, eq=False)
class Probes:
    """The questions, and the answers of two kinds of functions; worked out once for many submissions."""

    suite: Suite
    expected: tuple[Expected, ...]


def probes(suite: Suite, assignment: Assignment) -> Probes:
    """A few networks with hidden layers, every preactivation scaled by a positive factor: h[0] and signs are kept.

    Their outputs are not the suite's: who returns what was kept of an earlier network recomputes nothing.
    """
    deep = [i for i, sizes in enumerate(suite.sizes) if len(sizes) > 2 and suite.columns[i] == 1]
    places = spread(deep, PROBES) if len(deep) >= PROBES else []
    chosen = [_other(suite.networks[i]) for i in places]
    given = [_disturb(network, assignment) for network in chosen]
    expected = [_expect(network, at, assignment.formulas) for network, at in zip(chosen, given, strict=True)]
    return Probes(build_unmeasured(chosen, given, "probe"), tuple(expected))


def _other(network: Network) -> Network:
    """The network with an output half as large again: what was kept of the suite's own is not its answer."""
    weights, biases = network.weights, network.biases
    return Network((*weights[:-1], 1.5 * weights[-1]), (*biases[:-1], 1.5 * biases[-1]), network.net_input, network.y)


def _disturb(network: Network, assignment: Assignment) -> Pass:
    rng = np.random.default_rng(list(network.sizes))
    f = [layer * (rng.integers(3, 14, layer.shape) / 8) for layer in forward(network, assignment.formulas).f]
    h = [network.net_input, *(activate(layer, assignment.formulas) for layer in f[:-1])]
    return Pass(tuple(f), tuple(h))


def _expect(network: Network, given: Pass, formulas: Formulas) -> Expected:
    return Expected(
        flatten(gradient(network, formulas)),
        flatten(_gradient_by_bias(network, given, formulas)),
        flatten(_gradient_by_layer(network, given, formulas)),
        flatten(_gradient_by_input(network, given, formulas)),
        flatten(gradient(network, formulas, given)),
        flatten(scale(network, formulas)) + flatten(scale(network, formulas, given)),
    )


def _gradient_by_bias(network: Network, given: Pass, formulas: Formulas) -> Iterator[Array]:
    """The gradient of each layer by the weights' own forward pass, but for the activations that its weights meet."""
    for df, h in zip(list(gradient(network, formulas))[1::2], given.h, strict=True):
        yield df @ h.T
        yield df


def _gradient_by_layer(network: Network, given: Pass, formulas: Formulas) -> Iterator[Array]:
    """The gradient of each layer by the forward pass of the layers above it, from its given preactivations."""
    for k, (f, h) in enumerate(zip(given.f, given.h, strict=True)):
        if k == network.depth:
            df = loss_derivative(f, network.y, formulas)
        else:
            weights, biases = network.weights[k + 1 :], network.biases[k + 1 :]
            above = Network(weights, biases, activate(f, formulas), network.y)
            df = activation_derivative(f, formulas) * (weights[0].T @ gradient(above, formulas)[1])
        yield df @ h.T
        yield df


def _gradient_by_input(network: Network, given: Pass, formulas: Formulas) -> Iterator[Array]:
    """The gradient of each layer by the forward pass of it and the layers above it, from its given input."""
    for k, h in enumerate(given.h):
        yield from gradient(Network(network.weights[k:], network.biases[k:], h, network.y), formulas)[:2]


def follows_own_pass(asked: Probes, answers: Sequence[Answer]) -> bool:
    """True if the answers follow a forward pass of the function's own, from the input or from given values up."""
    returned = _returned(asked, answers)
    if returned is None or _follows_given(asked, returned):
        return False
    starts = ("from_biases", "from_layers", "from_inputs")
    return (
        recomputes(asked, answers)
        or any(
            _follow(asked.expected, [getattr(probe, start) for probe in asked.expected], returned) for start in starts
        )
        or _follow_weights(asked, returned, _without_offset)
    )


def recomputes(asked: Probes, answers: Sequence[Answer]) -> bool:
    """True if the answers follow the forward pass of the weights, and nothing of the given activations is in them."""
    returned = _returned(asked, answers)
    return returned is not None and (
        _follow(asked.expected, [probe.from_weights for probe in asked.expected], returned)
        or _follow_weights(asked, returned, _without_factor)
    )


def _returned(asked: Probes, answers: Sequence[Answer]) -> list[Array] | None:
    """The numbers that came back; None unless every probe was answered."""
    returned = [answer.numbers for answer in answers if isinstance(answer, Returned)]
    complete = min(len(asked.expected), len(returned)) >= PROBES and len(returned) == len(answers)
    return returned if complete else None


def _follows_given(asked: Probes, returned: Sequence[Array]) -> bool:
    """True if every number is that of the given activations, as nearly all right answers' are."""
    pairs = zip(asked.expected, returned, strict=True)
    return all((np.abs(numbers - probe.from_given) <= GIVEN * probe.size).all() for probe, numbers in pairs)


def _follow_weights(asked: Probes, returned: Sequence[Array], take_off: Callable[[Array, Array], Array]) -> bool:
    """True if the numbers follow the forward pass of the weights once something is taken off."""
    ways = [probe.from_weights for probe in asked.expected]
    taken = [take_off(numbers, own) for numbers, own in zip(returned, ways, strict=False)]
    return _follow(asked.expected, ways, taken)


def _without_offset(numbers: Array, own: Array) -> Array:
    """The numbers less one that all have in common: a loss at the given output taken from losses of its own passes."""
    # Numbers of any size may come: what is beyond double precision follows nothing.
    with np.errstate(over="ignore", invalid="ignore"):
        return numbers - np.median(numbers - own)


def _without_factor(numbers: Array, own: Array) -> Array:
    """The numbers less a factor that all have in common, such as a step taken once where it is twice."""
    seen = own != 0
    with np.errstate(all="ignore"):
        return numbers / np.median(numbers[seen] / own[seen]) if seen.any() else numbers


def _follow(expected: Sequence[Expected], own_passes: Sequence[Array], returned: Sequence[Array]) -> bool:
    shown = 0
    for probe, own, numbers in zip(expected, own_passes, returned, strict=False):
        # A difference of what should be zero leaves the rounding of the loss.
        size = FOLLOWS * np.maximum(probe.size, FOLLOWS * np.max(probe.size))
        follows, differ = np.abs(numbers - own) <= size, np.abs(own - probe.from_given) > size
        if follows.mean() < MOSTLY or (differ.any() and follows[differ].mean() < MOSTLY):
            return False
        shown += bool(differ.any())
    return 2 * shown >= PROBES

"""A fact about a line: its words, and what all kinds of facts have in common."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.sample import are_near
from grader.subjects.networks.diagnosis.samples import Samples

#: The part of the layers beyond which they are said to be most of them.
_MOST = 0.5

#: Entries that a fact about all of them needs at least.
LEAST_ENTRIES = 6


@dataclass(frozen=True, slots=True)
class Fact:
    """A departure of a line: the words after "it", and a hint that leaves the cause to the student."""

    title: str
    hint: str
    #: The words after the title for the layers of which it is true; None: of all that could be read.
    scope: str | None = None
    #: The words after those, with an example.
    example: str = ""


def near(samples: Samples, a: Array, b: Array) -> Booleans:
    """For each entry of all layers whether two arrays have the same number."""
    return are_near(a, b, samples.size)


def find_one_factor(made: Array, right: Array, among: Booleans) -> float | None:
    """The factor between two arrays where they are largest; None if there is none."""
    if not among.any():
        return None
    at = int(np.argmax(np.where(among, np.abs(right), -1.0)))
    factor = float(made[at] / right[at]) if right[at] else np.nan
    return factor if np.isfinite(factor) else None


def describe_all(samples: Samples) -> str:
    """The words after what is true of all layers that were read."""
    return f", in the {samples.unit}s that could be read" if samples.partial else ""


def describe_wrong(samples: Samples) -> str:
    """The words after what is true of every layer that is wrong."""
    read = "that could be read and " if samples.partial else ""
    return f", in the {samples.unit}s {read}where it is wrong"


def describe_layers(samples: Samples, wrong: Booleans) -> str:
    """The words after what is true of the layers that are wrong: by their numbers, if these decide it."""
    layers = set(samples.owner[wrong].tolist())
    if len(layers) == len(samples.layers):
        return describe_all(samples)
    if samples.where in {Where.BIAS, Where.WEIGHT}:
        # Where nothing else follows than zero, nothing shows.
        telling = set(samples.owner[samples.right != 0].tolist()) | layers
        places = [(samples.layers[n].k, samples.layers[n].depth, n in layers) for n in sorted(telling)]
        for words, rule in _BY_NUMBER.items():
            if all(rule(k, depth) == off for k, depth, off in places):
                return f" in {words}{describe_all(samples)}"
    part = "most" if len(layers) > _MOST * len(samples.layers) else "some"
    return f" in {part} of the {samples.unit}s that could be read" if samples.partial else f" in {part} {samples.unit}s"


#: Layers that may be chosen by their numbers, in a network of this K.
_BY_NUMBER: dict[str, Callable[[int, int], bool]] = {
    "layer 0": lambda k, _: k == 0,
    "layer K": lambda k, depth: k == depth,
    # Not in every one: where nothing but zero follows, what is wrong may not show.
    "layers above 0 only": lambda k, _: k > 0,
    "layers below K only": lambda k, depth: k < depth,
}


def _pick(samples: Samples, wrong: Booleans) -> int:
    """The entry to show: of the first network the one whose number should be largest."""
    first = wrong & (samples.owner == samples.owner[wrong][0])
    return int(np.argmax(np.where(first, np.abs(samples.right) + np.abs(samples.made), -1.0)))


def show(samples: Samples, wrong: Booleans) -> str:
    """The sentence with one wrong number of the first network, beside the one that follows from the inputs."""
    at = _pick(samples, wrong)
    owner = int(samples.owner[at])
    made, given = samples.number(owner)
    value, follows = samples.made[at] + 0.0, samples.right[at] + 0.0
    # Two numbers that differ in their last digit alone would look like one that was rounded.
    digits = 6 if f"{value:.5g}" != f"{follows:.5g}" else 10
    return (
        f"With K = {samples.layers[owner].depth}, a number of {made} is {value:.{digits}g} where"
        f" {follows:.{digits}g} follows from {given}."
    )


def show_factor(samples: Samples, wrong: Booleans) -> str:
    """The factor of one entry beside the derivative that belongs there."""
    if samples.where is not Where.DERIVATIVE:
        return show(samples, wrong)
    name, values = next(iter(samples.ordered.items()))
    first = wrong & (samples.owner == samples.owner[wrong][0]) & (samples.base != 0)
    off = np.abs(samples.made - samples.right)
    at = int(np.argmax(np.where(first, off, -1.0))) if first.any() else _pick(samples, wrong)
    if not samples.base[at]:
        return show(samples, wrong)
    made, right = (part[at] / samples.base[at] + 0.0 for part in (samples.made, samples.right))
    digits = 4 if f"{made:.4g}" != f"{right:.4g}" else 10
    return (
        f"Where {name} is {values[at]:.3g} and {samples.source} is {samples.base[at]:.3g}, {samples.name} is"
        f" {made:.{digits}g} times the latter; the activation's derivative there is {right:.{digits}g}."
    )


def describe_between(low: float, high: float) -> str:
    """The words for a number that is known to lie between two others."""
    texts = f"{low:.3g}", f"{high:.3g}"
    return f"about {texts[0]}" if texts[0] == texts[1] else f"some number between {texts[0]} and {texts[1]}"

"""A fact about a line: its words, and what all kinds of facts have in common."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.sample import NEAR, are_near
from grader.subjects.networks.diagnosis.samples import Samples
from grader.subjects.networks.diagnosis.student_pass import LayerPlace

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


def is_thin(samples: Samples, wrong: Booleans) -> bool:
    """True if each wrong weight gradient is a single row or column, whose numbers are those of many products."""
    layers = [samples.layers[owner] for owner in np.unique(samples.owner[wrong])]
    return samples.where is Where.WEIGHT and all(1 in (at.rows, at.columns) for at in layers)


def find_one_factor(made: Array, right: Array, among: Booleans) -> float | None:
    """The factor between two arrays where they are largest; None if there is none."""
    if not among.any():
        return None
    at = int(np.argmax(np.where(among, np.abs(right), -1.0)))
    factor = float(made[at] / right[at]) if right[at] else np.nan
    return factor if np.isfinite(factor) else None


def describe_read(samples: Samples) -> str:
    """The words after a fact if not all was read."""
    return ", as far as could be read" if samples.partial else ""


def list_scopes(samples: Samples, wrong: Booleans) -> Iterator[tuple[str | None, Booleans]]:
    """The layers of which a fact may be true, in words and entry by entry: all, those of a kind, those that are wrong.

    Each holds every layer that is wrong. Those of a kind were all read as the fact says, also where nothing is wrong.
    """
    yield None, np.ones_like(wrong)
    layers = np.isin(samples.owner, samples.owner[wrong])
    for words, kind in _list_kinds(samples):
        if not (layers & ~kind).any():
            yield f"in {words}{describe_read(samples)}", kind
    yield f"in the {samples.unit}s where it is wrong{describe_read(samples)}", layers


def describe_layers(samples: Samples, wrong: Booleans) -> str | None:
    """The words after what is true of the layers that are wrong: which layers these are, or how many; None for all."""
    layers = np.isin(samples.owner, samples.owner[wrong])
    if layers.all():
        return None
    # Where nothing else follows than zero, nothing shows.
    telling = np.isin(samples.owner, samples.owner[samples.right != 0]) | layers
    for words, kind in _list_kinds(samples):
        if np.array_equal(kind & telling, layers):
            return f"in {words}{describe_read(samples)}"
    part = "most" if len(set(samples.owner[wrong].tolist())) > _MOST * len(samples.layers) else "some"
    return f"in {part} of the {samples.unit}s that {'could be' if samples.partial else 'were'} read"


def _list_kinds(samples: Samples) -> Iterator[tuple[str, Booleans]]:
    """Kinds of layers, in words and entry by entry."""
    if samples.where in {Where.BIAS, Where.WEIGHT}:
        for words, is_of in _BY_NUMBER.items():
            yield words, np.array([is_of(at) for at in samples.layers])[samples.owner]
    if samples.where is Where.WEIGHT and not samples.partial:
        # Of arrays in other shapes those of square weights alone may have been read.
        yield "layers with square weights", np.array([at.rows == at.columns for at in samples.layers])[samples.owner]


#: Layers that may be chosen by their numbers.
_BY_NUMBER: dict[str, Callable[[LayerPlace], bool]] = {
    "layer 0": lambda at: at.k == 0,
    "layer K": lambda at: at.k == at.depth,
    "layers above 0": lambda at: at.k > 0,
    "layers below K": lambda at: at.k < at.depth,
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
        f"With K = {samples.layers[owner].depth}, one number of {made} is {value:.{digits}g} where"
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
    times = "0" if made == 0 else "the same" if abs(made - 1) < NEAR else f"{made:.{digits}g} times that"
    return (
        f"Where {name} is {values[at]:.3g} and {samples.source} is {samples.base[at]:.3g}, {samples.name} is {times};"
        f" the activation's derivative there is {right:.{digits}g}."
    )


def describe_between(low: float, high: float) -> str:
    """The words for a number that is known to lie between two others."""
    texts = f"{low:.3g}", f"{high:.3g}"
    return f"about {texts[0]}" if texts[0] == texts[1] else f"some number between {texts[0]} and {texts[1]}"

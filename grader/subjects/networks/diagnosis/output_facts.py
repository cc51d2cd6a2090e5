"""Facts about the derivative of the loss: the same in every network, or of a target or an output of its own."""

import numpy as np

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.fact import LEAST_ENTRIES, Fact, near, show
from grader.subjects.networks.diagnosis.sample import NEAR
from grader.subjects.networks.diagnosis.samples import Samples


def find_constant(samples: Samples, wrong: Booleans) -> Fact | None:
    """The same derivative at the output of every network, whatever its output and target are."""
    # Zeros may be what a line that did not run left there.
    if samples.where is not Where.OUTPUT or len(samples.layers) <= LEAST_ENTRIES or not samples.made.any():
        return None
    arrays: dict[int, list[Array]] = {}
    for number, at in enumerate(samples.layers):
        arrays.setdefault(at.rows, []).append(samples.made[samples.owner == number])
    if any(not np.array_equal(several[0], array) for several in arrays.values() for array in several):
        return None
    return Fact(
        f"sets {samples.name} to the same numbers in every network that was read",
        f"{show(samples, wrong)} The first is {samples.made[0]:.4g} in all of them. Which names are read there: the"
        " function's arguments?",
    )


def find_own_target(samples: Samples, wrong: Booleans) -> Fact | None:
    """The derivative of the squared difference from one number, which stands for every target."""
    if samples.where is not Where.OUTPUT or wrong.sum() < LEAST_ENTRIES:
        return None
    f, y = samples.ordered["all_f[K]"], samples.ordered["y"]
    at = int(np.argmax(np.abs(f - y)))
    target = f - samples.made * (f - y)[at] / samples.right[at]
    if not near(samples, samples.right * (f - y)[at] / samples.right[at], f - y).all():
        return None
    if not np.all(np.abs(target - target[0]) <= NEAR * (np.abs(f) + np.abs(target[0]))):
        return None
    shown = float(target[0]) if abs(target[0]) > NEAR * float(np.max(np.abs(f))) else 0.0
    return Fact(
        f"sets {samples.name} to what the target {shown:.4g} gives in every network that was read, whatever y is",
        f"{show(samples, wrong)} Which target goes into it: the function's argument y?",
    )


def find_own_output(samples: Samples, wrong: Booleans) -> Fact | None:
    """The derivative of the squared difference from y of one number, which stands for every output at one K."""
    if samples.where is not Where.OUTPUT or wrong.sum() < LEAST_ENTRIES:
        return None
    f, y = samples.ordered["all_f[K]"], samples.ordered["y"]
    at = int(np.argmax(np.abs(f - y)))
    factor = float(samples.right[at] / (f - y)[at]) if f[at] != y[at] else 0.0
    if not factor or not near(samples, samples.right, factor * (f - y)).all():
        return None
    outputs = y + samples.made / factor
    depths = np.array([samples.layers[owner].depth for owner in samples.owner])
    first = {depth: float(outputs[depths == depth][0]) for depth in sorted(set(depths.tolist()))}
    constant = np.array([first[depth] for depth in depths.tolist()])
    if len(outputs) - len(first) < LEAST_ENTRIES:
        return None
    if not np.all(np.abs(outputs - constant) <= NEAR * (np.abs(y) + np.abs(constant))):
        return None
    # No numbers: what is made outside of the function was made anew for each K, and is not what the notebook shows.
    return Fact(
        f"sets {samples.name} to what one output gives in every network of the same K that was read, whatever"
        " all_f[K] is",
        f"Two networks with the same K and y have equal numbers in {samples.name}, even if their all_f[K] differ. Which"
        " output goes into it: the function's argument, or one that is computed outside of the function? What is"
        " computed there is made anew for each K: the counterexample may show other numbers than your notebook.",
    )

"""Probes whose given values are not the forward pass of their inputs: they show who computes that anew.

Right code uses the given values, and answers what these imply. Who answers what the inputs imply follows a forward pass
of its own, in whatever precision. What an author's solution answers alike either way shows nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backmark.grader.contracts.cases import trees
from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.contract_cases import ContractCases, locate_inputs
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.cases.exchange import join_numbers
from backmark.grader.contracts.cases.trees import Description
from backmark.grader.model.verdict import Flag

RECOMPUTES = "recomputes_forward_pass"

#: Probes, all of which must agree, and the numbers that they tell by at least.
_PROBES, _NUMBERS = 4, 8
#: Eighths that given values are moved to: signs are kept, and what is below 1 stays there.
_EIGHTHS = (2, 7)
#: Parts of an array's largest number: within the one two numbers are alike, and beyond the other they are not.
_ALIKE, _APART = 1e-4, 1e-3
#: The part of the numbers that must be alike: a large step of a difference crosses a kink here and there.
_MOSTLY = 0.9


@dataclass(frozen=True)
class OwnPassTest:
    """Probes with what their inputs imply; NaN for numbers that the given values make no other. There may be none."""

    probes: ContractCases
    given: Sequence[str]

    @property
    def flag(self) -> Flag:
        """The flag of who follows a forward pass of its own."""
        return Flag(RECOMPUTES, f"recomputes the forward pass instead of using {' and '.join(self.given)}")

    @property
    def first(self) -> ContractCases:
        """The probe that every submission is asked about."""
        return self.probes.take(range(len(self.probes))[:1])

    @property
    def others(self) -> ContractCases:
        """The probes for whoever follows the inputs on the first."""
        return self.probes.take(range(len(self.probes))[1:])


def follows_inputs(probes: ContractCases, answers: Sequence[Answer]) -> bool:
    """Return True if answers to probes, at least one, are what their inputs imply."""
    near = np.abs(join_numbers(answers, probes.starts) - probes.expected) <= probes.tolerances
    known = ~np.isnan(probes.expected)
    parts = [slice(start, stop) for start, stop in zip(probes.starts, probes.starts[1:], strict=False)]
    return bool(parts) and all(np.mean(near[part][known[part]]) >= _MOSTLY for part in parts)


def disturb(cases: ContractCases, given: Sequence[str], seed: int) -> ContractCases:
    """Return the cases with given values that are not the forward pass of their inputs."""
    rng = np.random.default_rng(seed)
    return replace(cases, drawn=tuple(_disturb(case, given, rng) for case in cases.drawn))


def _disturb(case: DrawnCase, given: Sequence[str], rng: np.random.Generator) -> DrawnCase:
    numbers = case.numbers.copy()
    arrays = {name: list(_locate_arrays(case.inputs[name], part.start)) for name, part in locate_inputs(case).items()}
    # An input that is given among other values stays what it is.
    inputs = {numbers[part].tobytes() for name, parts in arrays.items() if name not in given for part in parts}
    for part in (part for name in given for part in arrays[name]):
        if numbers[part].tobytes() not in inputs:
            numbers[part] *= rng.integers(*_EIGHTHS, part.stop - part.start) / 8
    return replace(case, numbers=numbers)


def _locate_arrays(described: Description, start: int) -> Iterator[slice]:
    """Yield where the numbers of a value's real arrays stand, if those of the value begin at the start."""
    if "array" in described:
        if "dtype" not in described:
            yield slice(start, start + trees.count(described))
        return
    items = [part for _, part in described.get("dict", ())]
    for part in described.get("list", described.get("tuple", items)):
        yield from _locate_arrays(part, start)
        start += trees.count(part)


def choose_probes(disturbed: ContractCases, answers: Sequence[Sequence[Answer]]) -> ContractCases:
    """Return the largest of the disturbed cases that tell the inputs from the given values, by what solutions answer.

    None if they are too few. Their expectations are those of `OwnPassTest`.
    """
    own = disturbed.expected
    largest = np.zeros(len(own))
    for _, place, part in disturbed.slices():
        largest[part] = np.max(np.abs(own[part]), initial=0.0, where=np.isfinite(own[part])) if place.size else 0.0
    alike = np.maximum(disturbed.tolerances, _ALIKE * largest)
    telling = np.isfinite(own) & (own != 0)
    for of_solution in answers:
        apart = np.abs(join_numbers(of_solution, disturbed.starts) - own)
        telling &= apart > _APART / _ALIKE * alike
    starts = disturbed.starts
    places = [i for i in range(len(disturbed)) if telling[starts[i] : starts[i + 1]].any()][-_PROBES:]
    probes = replace(
        disturbed, expected=np.where(telling, own, np.nan), tolerances=np.where(telling, alike, np.inf)
    ).take(places)
    tell = len(places) == _PROBES and np.count_nonzero(~np.isnan(probes.expected)) >= _NUMBERS
    return probes if tell else probes.take([])

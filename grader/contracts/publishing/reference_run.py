"""The reference of an assignment: run on drawn cases, and differentiated."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from backmark.grader.contracts.cases import trees
from backmark.grader.contracts.cases.answers import Answer, Raised, Returned
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import Layout
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.cases.exchange import ReferenceCases, ReferenceExchange, numbers_of
from backmark.grader.contracts.cases.layout import split_target
from backmark.grader.contracts.cases.values import VARIED
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.publishing.author_code import ask, clip, describe_dims, describe_error
from backmark.grader.contracts.publishing.workshop import Workshop
from backmark.grader.errors import BadAssignment

#: Cases of one question to a jail, at least.
_AT_ONCE = 20
#: Numbers of one case that the reference returns, or that make up its results, and numbers in all. They come out of a
#: jail, which may send as many as it is asked for.
MOST_OF_CASE, MOST_IN_ALL = 1 << 18, 1 << 23
#: Characters of an output's name.
LONGEST_NAME = 100


def count_questions(cases: int, decide: int = 0) -> int:
    """Return the number of questions to a jail about so many cases: derivatives, or with `decide` passes."""
    return -(-cases // _count_together(decide))


def _count_together(decide: int) -> int:
    """Return the number of cases of one question: a pass runs twice, together as often as students' code."""
    return max(_AT_ONCE, decide // 2)


@dataclass(frozen=True, slots=True)
class PassedCase:
    """A case with the outputs and tapped values of the reference."""

    case: DrawnCase
    outputs: Mapping[str, Any]
    taps: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReferenceRun:
    """The reference in its workshop."""

    assignment: ContractAssignment
    workshop: Workshop
    #: True if all cases on which it raises are left out, not only those of values on purpose.
    lenient: bool = False

    def run(self, drawn: Sequence[DrawnCase], spare: int = 0) -> list[PassedCase]:
        """Run the reference on the cases, each of them twice.

        Those are left out on which it may raise and does, and of the first `spare` ones as many as there is no room
        for.
        """
        lengths = self._ask("length", ReferenceCases(drawn, [1] * len(drawn)))
        passing = [
            place
            for place, (case, answer) in enumerate(zip(drawn, lengths, strict=True))
            if isinstance(answer, Returned) or not self._may_raise(case)
        ]
        drawn, lengths = [drawn[place] for place in passing], [lengths[place] for place in passing]
        sizes = [self._size(answer) for answer in lengths]
        over = sum(sizes) - MOST_IN_ALL
        start = bisect_left([0, *accumulate(sizes[: max(0, spare)])], over) if over > 0 else 0
        drawn, sizes = drawn[start:], sizes[start:]
        if sum(sizes) > MOST_IN_ALL:
            raise BadAssignment(
                f"the reference returns and taps {sum(sizes):,} numbers for {len(drawn)} cases; at most"
                f" {MOST_IN_ALL:,} are taken: let dims be smaller, or ask for fewer cases"
            )
        rows = self._ask("values", ReferenceCases(drawn, sizes))
        passed = []
        for case, answer in zip(drawn, rows, strict=True):
            try:
                passed.append(PassedCase(case, *_read_pass(numbers_of(answer, 0))))
            except (TypeError, ValueError) as error:
                message = f"the reference's outputs cannot be used: {error}"
                raise BadAssignment(message) from error
        return passed

    def _may_raise(self, case: DrawnCase) -> bool:
        """Return True if a case is left out on which it raises: values on purpose are not the author's."""
        return self.lenient or case.corner in VARIED

    def _size(self, answer: Answer) -> int:
        if isinstance(answer, Returned):
            if answer.changed:
                names = ", ".join(answer.changed)
                raise BadAssignment(f"the reference writes into its input {names}: let it make a copy")
            size = float(answer.numbers[0])
            if not 1 <= size <= MOST_OF_CASE:
                raise BadAssignment(
                    f"the reference returns and taps {size:,.0f} numbers for a case; at most {MOST_OF_CASE:,} are"
                    " taken: let dims be smaller"
                )
            return int(size)
        raise BadAssignment("reference.py returned no numbers")

    def differentiate(self, bound: Sequence[DrawnCase], layouts: Sequence[Layout]) -> list[dict[str, Array]]:
        """Return by case and target the derivatives of the objective, as a row, and one of their uncertainty."""
        results = self.assignment.results
        wanted, sizes = [], []
        for layout in layouts:
            targets = {place.target: place.shape for place in layout if results[place.result].grad}
            wanted.append(targets)
            sizes.append(2 * sum(math.prod(shape) for shape in targets.values()))
        inputs = {entry.name for entry in self.assignment.inputs}
        places = [[(*_locate(target, inputs), shape) for target, shape in targets.items()] for targets in wanted]
        if not any(places):
            # Without a gradient there need not be a loss.
            return [{} for _ in bound]
        answers = self._ask("derivatives", ReferenceCases(bound, sizes, places))
        derivatives = []
        for answer, targets, count in zip(answers, wanted, sizes, strict=True):
            rest, gradients = numbers_of(answer, count), {}
            for target, shape in targets.items():
                size = int(np.prod(shape))
                gradients[target] = rest[: 2 * size].reshape(2, size)
                rest = rest[2 * size :]
            derivatives.append(gradients)
        return derivatives

    def _ask(self, asks: str, cases: ReferenceCases) -> list[Answer]:
        exchange = ReferenceExchange(self.assignment, asks)
        # A derivative takes thousands of passes; one pass is no more than what students write.
        limits = None if asks == "derivatives" else self.assignment.limits
        together = _count_together(0 if limits is None else self.assignment.cases)
        answers: list[Answer] = []
        for start in range(0, len(cases), together):
            places = range(start, min(start + together, len(cases)))
            part = ReferenceCases(
                [cases.drawn[i] for i in places],
                [cases.sizes[i] for i in places],
                [cases.places[i] for i in places] if cases.places else (),
            )
            answers += ask(self.workshop, "reference.py", self.assignment.reference, exchange, part, limits)
        for case, answer in zip(cases.drawn, answers, strict=True):
            if isinstance(answer, Raised) and not self._may_raise(case):
                raise BadAssignment(f"reference.py raised {describe_error(answer)} (with {describe_dims(case)})")
        return answers


def _locate(target: str, inputs: set[str]) -> tuple[str, list[int]]:
    """Return the name of what is moved, and the indices in it; a tapped value is moved as a whole."""
    name, path = split_target(target)
    return (name, path) if name in inputs else (target, [])


def _read_pass(row: Array) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return outputs and tapped values, each by its name; raises ValueError."""
    value = trees.read(row)
    if not (isinstance(value, list) and len(value) == 2 and all(isinstance(part, dict) for part in value)):
        raise ValueError("they are no outputs by their names")
    outputs, taps = value
    for name in (*outputs, *taps):
        if not (isinstance(name, str) and len(name) <= LONGEST_NAME and name.isprintable()):
            raise ValueError(f"{clip(repr(name))} is no name of an output or a tapped value")
    return outputs, taps


def is_finite(entry: PassedCase) -> bool:
    """Return True if all numbers of the outputs and tapped values are finite."""
    return all(map(_all_finite, entry.outputs.values())) and all(map(_all_finite, entry.taps.values()))


def measure(entry: PassedCase) -> dict[tuple[str, str], float]:
    """Return the largest magnitude of each output and tapped value, by names of their own."""
    parts = {"output": entry.outputs, "tap": entry.taps}
    return {(kind, name): _find_largest(value) for kind, values in parts.items() for name, value in values.items()}


def _find_largest(value: Any) -> float:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return max(map(_find_largest, value), default=0.0)
    return 0.0 if value is None or isinstance(value, str) else float(np.max(np.abs(value), initial=0.0))


def _all_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_all_finite, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_all_finite, value))
    return value is None or isinstance(value, str) or bool(np.isfinite(value).all())

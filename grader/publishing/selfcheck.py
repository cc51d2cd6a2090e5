"""Tries an assignment's networks on the reference and on known-wrong backward passes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from grader.judge.agreement import disagreeing
from grader.model.assignment import Assignment, Rubric
from grader.oracle.suite import proposed
from grader.publishing.mistakes import Known, Mistake, known, of
from grader.subjects.networks.building import Values
from grader.subjects.networks.diagnosis.lines import RIGHT
from grader.subjects.networks.ordinary import ordinary
from grader.subjects.networks.revision import Revision
from grader.subjects.networks.rubric import evidence
from grader.subjects.networks.steps import STEPS

#: Ordinary networks on which a mistake has to be right, too, to be none within an assignment's ranges.
ELSEWHERE = 400


@dataclass(frozen=True, slots=True)
class Catch:
    """On which of the networks a mistake is seen."""

    mistake: Mistake
    places: tuple[int, ...]

    @property
    def networks(self) -> int:
        """How many they are."""
        return len(self.places)


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """What the networks accept and catch."""

    networks: int
    #: On how many networks the reference is rejected: none, or the suite is unusable.
    reference_rejected: int
    #: How many derivatives finite differences could not settle.
    inconclusive: int
    catches: tuple[Catch, ...]
    #: Mistakes that are none here: within the assignment's ranges they are right.
    right_here: tuple[Mistake, ...] = ()
    #: What is wrong with the assignment itself, each a sentence.
    faults: tuple[str, ...] = ()

    @property
    def missed(self) -> tuple[Mistake, ...]:
        """Mistakes that pass on every network."""
        return tuple(catch.mistake for catch in self.catches if not catch.networks)

    @property
    def sound(self) -> bool:
        """Whether the assignment may be used."""
        return not self.reference_rejected and not self.missed and not self.faults


def reference_rejected(revision: Revision) -> int:
    """The number of networks on which a right implementation is rejected."""
    return sum(_reference_wrong(revision))


def _reference_wrong(revision: Revision) -> Sequence[bool]:
    suite = revision.suite
    return disagreeing(suite, Known(RIGHT, revision.assignment.formulas).answer(suite))


def selfcheck(revision: Revision) -> SelfCheck:
    """Every known mistake that is one for this assignment, against every network."""
    suite, assignment = revision.suite, revision.assignment
    right = _reference_wrong(revision)
    catches = [
        Catch(mistake, tuple(np.flatnonzero(disagreeing(suite, known(mistake, assignment).answer(suite))).tolist()))
        for mistake in of(assignment)
    ]
    right_here = _right_here([catch.mistake for catch in catches if not catch.networks], assignment)
    return SelfCheck(
        len(suite),
        sum(right),
        int(np.isnan(suite.derivatives).sum()),
        tuple(catch for catch in catches if catch.mistake not in right_here),
        right_here,
        (*_outside(assignment), *_without_marks(revision)),
    )


def _right_here(mistakes: list[Mistake], assignment: Assignment) -> tuple[Mistake, ...]:
    """Those of the mistakes that are right on any network of the ranges, as far as ordinary ones can say."""
    if not mistakes:
        return ()
    networks = [
        network
        for values in (Values(), Values(negative_targets=True))
        for network in islice(ordinary(assignment, assignment.seed + 1, values), ELSEWHERE // 2)
    ]
    others = proposed(networks, assignment.formulas, assignment.rtol)
    return tuple(
        mistake for mistake in mistakes if not any(disagreeing(others, known(mistake, assignment).answer(others)))
    )


def _outside(assignment: Assignment) -> Iterator[str]:
    home, ranges = assignment.home, assignment.ranges
    rows = [("depth", home.depth, "depth", ranges.depth)]
    rows += [("width", home.width, "widths", ranges.widths)] if home.depth else []
    rows += [("inputs", home.inputs, "inputs", ranges.inputs), ("outputs", home.outputs, "outputs", ranges.outputs)]
    rows += [("columns", home.columns, "columns", ranges.columns)]
    for name, value, plural, limits in rows:
        if value not in limits:
            yield (
                f"home.{name} is {value}, and ranges.{plural} is [{limits.least}, {limits.most}]: the notebook's own"
                f" shape lies outside of what is drawn; set home.{name} to a value within, or change the range"
            )


def _without_marks(revision: Revision) -> Iterator[str]:
    """A sentence if no property that the networks put to the test carries any marks."""
    rubric: Rubric = revision.assignment.rubric
    seen = revision.evidence or evidence(revision.suite, revision.assignment)
    tested = [name for name in STEPS if seen[name]]
    if not sum(getattr(rubric, name) for name in (*tested, "any_shape", "finite_differences", "pure")):
        yield "nothing that these networks put to the test has any marks: give some in [rubric]"

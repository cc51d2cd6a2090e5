"""Tries an assignment's networks on the reference and on known-wrong backward passes."""

from dataclasses import dataclass

import numpy as np

from grader.diagnosis.lines import RIGHT
from grader.properties.entries import disagreeing
from grader.properties.mistakes import Known, Mistake, known, of
from grader.revision import Revision


@dataclass(frozen=True, slots=True)
class Catch:
    """On how many of the networks a mistake is seen."""

    mistake: Mistake
    networks: int


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """What the networks accept and catch."""

    networks: int
    #: On how many networks the reference is rejected: none, or the suite is unusable.
    reference_rejected: int
    #: How many derivatives finite differences could not settle.
    inconclusive: int
    catches: tuple[Catch, ...]

    @property
    def missed(self) -> tuple[Mistake, ...]:
        """Mistakes that pass on every network."""
        return tuple(catch.mistake for catch in self.catches if not catch.networks)

    @property
    def sound(self) -> bool:
        """Whether the assignment may be used."""
        return not self.reference_rejected and not self.missed


def selfcheck(revision: Revision) -> SelfCheck:
    """Every known mistake that is one for this assignment, against every network."""
    suite, assignment = revision.suite, revision.assignment
    right = disagreeing(suite, Known(RIGHT, assignment.formulas).answer(suite))
    catches = tuple(
        Catch(mistake, sum(disagreeing(suite, known(mistake, assignment).answer(suite)))) for mistake in of(assignment)
    )
    inconclusive = int(np.isnan(suite.derivatives).sum())
    return SelfCheck(len(suite), sum(right), inconclusive, catches)

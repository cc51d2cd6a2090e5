"""Tries an assignment's cases on the reference and on known-wrong implementations, as its subject has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.contracts.cases.answers import Candidate
from grader.contracts.judging.subject import JudgedRevision
from grader.contracts.judging.trial import KnownMistake, ProvenStatement
from grader.contracts.rows.agreement import disagreeing


@dataclass(frozen=True, slots=True)
class Catch:
    """The cases on which a mistake is seen."""

    mistake: KnownMistake
    places: tuple[int, ...]

    @property
    def cases(self) -> int:
        """The number of these cases."""
        return len(self.places)


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """The result of the trial: what the cases accept, and what they catch."""

    cases: int
    #: On how many cases the reference is rejected: none, or the suite is unusable.
    reference_rejected: int
    #: The number of inconclusive numbers.
    inconclusive: int
    catches: tuple[Catch, ...]
    #: The faults of the assignment itself, each a sentence.
    faults: tuple[str, ...] = ()
    #: What its author should know of an assignment that may be used all the same, each a sentence.
    warnings: tuple[str, ...] = ()
    #: The statements of solutions that count for rows, with what the cases catch of their edits.
    statements: tuple[ProvenStatement, ...] = ()
    #: The places of cases that never give way to fresh ones.
    fixed: tuple[int, ...] = ()

    @property
    def missed(self) -> tuple[KnownMistake, ...]:
        """Mistakes that pass on every case."""
        return tuple(catch.mistake for catch in self.catches if not catch.cases)

    @property
    def sound(self) -> bool:
        """True if the assignment may be used."""
        return not self.reference_rejected and not self.missed and not self.faults


def reference_rejected(revision: JudgedRevision) -> int:
    """The number of cases on which a right implementation is rejected."""
    subject = revision.subject
    return sum(_disagreeing(subject.cases, subject.trial().reference))


def selfcheck(revision: JudgedRevision) -> SelfCheck:
    """Every known mistake of this assignment, against every case."""
    subject = revision.subject
    cases, tried = subject.cases, subject.trial()
    right = _disagreeing(cases, tried.reference)
    catches = tuple(
        Catch(mistake, tuple(np.flatnonzero(_disagreeing(cases, mistake.candidate)).tolist()))
        for mistake in tried.mistakes
    )
    return SelfCheck(
        len(cases),
        sum(right),
        int(np.isnan(cases.expected).sum()),
        catches,
        tuple(tried.faults),
        tuple(tried.warnings),
        tuple(tried.statements),
        tuple(tried.fixed),
    )


def _disagreeing(cases: Any, candidate: Candidate[Any]) -> Sequence[bool]:
    return disagreeing(cases, candidate.answer(cases))

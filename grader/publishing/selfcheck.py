"""Tries an assignment's cases on the reference and on known-wrong implementations, as its subject has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.judge.agreement import disagreeing
from grader.judge.subject import JudgedRevision
from grader.judge.trial import KnownMistake, ProvenStatement, Trial
from grader.oracle.answers import Candidate


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
    #: Mistakes that are none here: on whatever the assignment allows they are right.
    right_here: tuple[KnownMistake, ...] = ()
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
    """Every known mistake that is one for this assignment, against every case."""
    subject = revision.subject
    cases, tried = subject.cases, subject.trial()
    right = _disagreeing(cases, tried.reference)
    catches = [
        Catch(mistake, tuple(np.flatnonzero(_disagreeing(cases, mistake.candidate)).tolist()))
        for mistake in tried.mistakes
    ]
    right_here = _right_here([catch.mistake for catch in catches if not catch.cases], tried)
    return SelfCheck(
        len(cases),
        sum(right),
        int(np.isnan(cases.expected).sum()),
        tuple(catch for catch in catches if catch.mistake not in right_here),
        right_here,
        tuple(tried.faults),
        tuple(tried.warnings),
        tuple(tried.statements),
        tuple(tried.fixed),
    )


def _disagreeing(cases: Any, candidate: Candidate[Any]) -> Sequence[bool]:
    return disagreeing(cases, candidate.answer(cases))


def _right_here(mistakes: list[KnownMistake], tried: Trial) -> tuple[KnownMistake, ...]:
    """The mistakes that are right on any case of the assignment, as far as other cases show."""
    if not mistakes or tried.elsewhere is None:
        return ()
    others = tried.elsewhere()
    return tuple(mistake for mistake in mistakes if not any(_disagreeing(others, mistake.candidate)))

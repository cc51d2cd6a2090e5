"""The promise of judgement: no wrong implementation accepted, no right one rejected."""

from collections.abc import Sequence

import numpy as np
import pytest

from grader.errors import SubmissionError
from grader.model import Mark
from grader.oracle.network import Pass, forward
from grader.oracle.reference import gradient
from grader.properties.candidate import Answer, Returned
from grader.properties.engine import Judge
from grader.properties.entries import disagreeing
from grader.properties.rubric import agreement, steps
from grader.properties.steps import STEPS
from grader.revision import Revision
from grader.suite import Suite, flatten
from tests.corpus.mutants import mutants
from tests.corpus.rare import RareFault, rare_faults
from tests.corpus.variants import RightVariant, right_variants
from tests.local import local


def answers(source: str, judge: Judge) -> list[Answer]:
    """The answers to the networks that decide."""
    return local(source, judge.assignment).answer(judge.suite)


def test_a_corpus_of_single_faults_is_told_apart(udl: Judge) -> None:
    """At least 300 wrong ones; labelled by exact gradients, not by Backmark."""
    accepted, rejected = [], []
    for mutant in mutants():
        try:
            agrees = agreement(udl.suite, answers(mutant.source, udl)).mark is Mark.PASSED
        except SubmissionError:
            agrees = False
        if agrees and not mutant.right:
            accepted.append(mutant.name)
        if mutant.right and not agrees:
            rejected.append(mutant.name)
    assert sum(not mutant.right for mutant in mutants()) >= 300
    assert accepted == []
    assert rejected == []


def test_no_step_of_a_right_mutant_fails(udl: Judge) -> None:
    """Judged in full, without the shortcut that agreement with the differences allows."""
    for mutant in mutants():
        if mutant.right:
            rows = steps(udl.suite, udl.layers, answers(mutant.source, udl), udl.assignment)
            assert {row.mark for row in rows.values()} == {Mark.PASSED}, mutant.name


@pytest.mark.parametrize("fault", rare_faults(), ids=lambda fault: fault.name)
def test_a_rare_fault_is_found(udl: Judge, fault: RareFault) -> None:
    """Wrong only in a corner: the suite visits it, or asks twice."""
    judged = udl.judge(local(fault.source, udl.assignment), lambda: local(fault.source, udl.assignment))
    if fault.stateful:
        pure = next(row for row in judged.properties if row.name == "pure")
        assert judged.outcome.value == "failed" or pure.outcome is Mark.FAILED
    else:
        assert judged.outcome.value == "failed"


@pytest.mark.parametrize("variant", right_variants(), ids=lambda variant: variant.name)
def test_a_right_variant_passes_with_every_step(udl: Judge, variant: RightVariant) -> None:
    """Honest style, precision and structure cost nothing."""
    given = answers(variant.source, udl)
    assert agreement(udl.suite, given).mark is Mark.PASSED
    rows = steps(udl.suite, udl.layers, given, udl.assignment)
    assert [name for name in STEPS if rows[name].mark is not Mark.PASSED] == []


def in_precision(suite: Suite, judge: Judge, kind: type[np.floating]) -> Sequence[Answer]:
    """The analytic gradient computed in another precision from the stored activations."""
    found: list[Answer] = []
    for network in suite.networks:
        at = forward(network, judge.assignment.formulas)
        lower = Pass(tuple(f.astype(kind) for f in at.f), tuple(h.astype(kind) for h in at.h))
        network32 = type(network)(
            tuple(part.astype(kind) for part in network.weights),
            tuple(part.astype(kind) for part in network.biases),
            network.net_input.astype(kind),
            network.y.astype(kind),
        )
        found.append(Returned(flatten(gradient(network32, judge.assignment.formulas, lower)).astype(np.float64)))
    return found


def test_float32_is_right_and_float16_is_seen(udl: Judge) -> None:
    """Float16 on most networks: small ones of dyadic values are exact even in half precision."""
    assert not any(disagreeing(udl.suite, in_precision(udl.suite, udl, np.float32)))
    with np.errstate(over="ignore", invalid="ignore"):
        assert np.mean(disagreeing(udl.suite, in_precision(udl.suite, udl, np.float16))) > 0.8


def test_a_right_implementation_is_never_rejected_over_a_thousand_seeds(udl: Judge) -> None:
    """Seeded networks of every shape, in float64 and float32."""
    from tests.properties.seeded import seeded  # noqa: PLC0415 - its networks take a second to measure

    suite = seeded(udl.assignment, range(1000))
    revision = Judge(Revision(udl.assignment, suite))
    for kind in (np.float64, np.float32):
        assert not any(disagreeing(suite, in_precision(suite, revision, kind)))

"""The promise of judgement: no wrong implementation accepted, no right one rejected."""

import sys
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from grader.errors import SubmissionError
from grader.judge.agreement import agreement, disagreeing
from grader.judge.examples import Examples
from grader.model.verdict import Mark
from grader.oracle.answers import Answer, Raised, Returned
from grader.oracle.network import Pass, forward
from grader.oracle.reference import gradient
from grader.oracle.suite import Suite, flatten
from grader.subjects.networks.revision import NetworksRevision
from grader.subjects.networks.rubric import steps
from grader.subjects.networks.steps import STEPS
from tests.corpus.mutants import label, mutations
from tests.corpus.mutations import KINDS
from tests.corpus.rare import RareFault, rare_faults
from tests.corpus.right import STYLES
from tests.corpus.variants import RightVariant, right_variants
from tests.local import local
from tests.networks import NetworksJudge, leave_out_explanations


def answers(source: str, judge: NetworksJudge) -> list[Answer]:
    """The answers to the networks that decide."""
    return local(source, judge.assignment).answer(judge.revision.suite)


def list_failures(source: str, judge: NetworksJudge) -> list[str]:
    """Return the properties that a source fails, judged in full: agreement with the differences spares it no step."""
    try:
        source_answers = answers(source, judge)
    except SubmissionError as error:
        return [str(error)]
    rows = {
        "agreement": agreement(judge.revision.suite, source_answers),
        **steps(judge.revision.suite, judge.revision.subject.layers, source_answers, judge.assignment),
    }
    return [name for name, row in rows.items() if row.mark is not Mark.PASSED]


@cache
def portions(judge: NetworksJudge) -> tuple[Suite, ...]:
    """The networks that decide, a few of every depth and then more: most wrong sources differ on the first."""
    places = [*range(0, len(judge.revision.suite), 20), *(i for i in range(len(judge.revision.suite)) if i % 20)]
    return tuple(judge.revision.suite.take(part) for part in (places[:10], places[10:50], places[50:]))


def agrees(source: str, judge: NetworksJudge) -> bool:
    """Return whether a source agrees with the differences; once it does not, it is asked no more."""
    try:
        candidate = local(source, judge.assignment)
    except SubmissionError:
        return False
    return all(agreement(suite, candidate.answer(suite)).mark is Mark.PASSED for suite in portions(judge))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("style", STYLES)
def test_single_faults_are_told_apart(udl: NetworksJudge, style: str, kind: str) -> None:
    """The wrong ones agree with no differences, the right ones pass every step; labels are by exact gradients."""
    mutants = [label(mutation) for mutation in mutations() if (mutation.style, mutation.kind) == (style, kind)]
    accepted_names = [mutant.name for mutant in mutants if not mutant.right and agrees(mutant.source, udl)]
    failures_by_name = {
        mutant.name: failures for mutant in mutants if mutant.right and (failures := list_failures(mutant.source, udl))
    }
    assert accepted_names == []
    assert failures_by_name == {}


@pytest.mark.parametrize("fault", rare_faults(), ids=lambda fault: fault.name)
def test_a_rare_fault_is_found(udl: NetworksJudge, fault: RareFault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong only in a corner: the suite visits it, or asks twice."""
    # Nothing is asked here that depends on them.
    leave_out_explanations(monkeypatch)
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})
    judgement = udl.judge(local(fault.source, udl.assignment), lambda: local(fault.source, udl.assignment))
    if fault.stateful:
        pure_row = next(row for row in judgement.properties if row.name == "pure")
        assert judgement.outcome.value == "failed" or pure_row.outcome is Mark.FAILED
    else:
        assert judgement.outcome.value == "failed"


@pytest.mark.parametrize("variant", right_variants(), ids=lambda variant: variant.name)
def test_a_right_variant_passes_with_every_step(udl: NetworksJudge, variant: RightVariant) -> None:
    """Honest style, precision and structure cost nothing."""
    variant_answers = answers(variant.source, udl)
    assert agreement(udl.revision.suite, variant_answers).mark is Mark.PASSED
    rows = steps(udl.revision.suite, udl.revision.subject.layers, variant_answers, udl.assignment)
    assert [name for name in STEPS if rows[name].mark is not Mark.PASSED] == []


@pytest.mark.skipif(sys.platform != "linux", reason="a process's address space is bounded on Linux only")
def test_a_mutant_that_takes_a_gigabyte_raises_and_takes_nothing_from_the_tests(udl: NetworksJudge) -> None:
    """One whose arrays grew from layer to layer had a test process of gigabytes."""
    source = "def backward_pass(*_):\n    return np.ones(1 << 27), []\n"
    (answer,) = local(source, udl.assignment).answer(udl.revision.suite.one(0))
    assert isinstance(answer, Raised)
    assert answer.type == "MemoryError"


def in_precision(suite: Suite, judge: NetworksJudge, kind: type[np.floating]) -> Sequence[Answer]:
    """The analytic gradient computed in another precision from the stored activations."""
    rounded_answers: list[Answer] = []
    for network in suite.networks:
        at = forward(network, judge.assignment.formulas)
        rounded_pass = Pass(tuple(f.astype(kind) for f in at.f), tuple(h.astype(kind) for h in at.h))
        network32 = type(network)(
            tuple(part.astype(kind) for part in network.weights),
            tuple(part.astype(kind) for part in network.biases),
            network.net_input.astype(kind),
            network.y.astype(kind),
        )
        rounded_answers.append(
            Returned(flatten(gradient(network32, judge.assignment.formulas, rounded_pass)).astype(np.float64))
        )
    return rounded_answers


def test_float32_is_right_and_float16_is_seen(udl: NetworksJudge) -> None:
    """Float16 on most networks: small ones of dyadic values are exact even in half precision."""
    assert not any(disagreeing(udl.revision.suite, in_precision(udl.revision.suite, udl, np.float32)))
    with np.errstate(over="ignore", invalid="ignore"):
        assert np.mean(disagreeing(udl.revision.suite, in_precision(udl.revision.suite, udl, np.float16))) > 0.8


def test_a_right_implementation_is_never_rejected_over_a_thousand_seeds(udl: NetworksJudge) -> None:
    """Seeded networks of every shape, in float64 and float32."""
    from tests.subjects.networks.seeded import measure_seeded  # noqa: PLC0415 - its networks take a second to measure

    suite = measure_seeded(udl.assignment, range(1000))
    revision = NetworksJudge(NetworksRevision(udl.assignment, suite))
    for kind in (np.float64, np.float32):
        assert not any(disagreeing(suite, in_precision(suite, revision, kind)))

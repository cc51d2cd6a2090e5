"""The promise of judgement: no wrong implementation accepted, no right one rejected."""

import sys
from itertools import product

import pytest

from backmark.grader.contracts.cases.answers import Raised
from backmark.grader.contracts.judging.examples import Examples
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.rows.agreement import disagreeing
from backmark.grader.errors import SubmissionError
from backmark.grader.model.verdict import Mark
from tests.corpus.mutants import label, mutations
from tests.corpus.mutations import KINDS
from tests.corpus.rare import RareFault, rare_faults
from tests.corpus.right import STYLES
from tests.corpus.variants import RightVariant, right_variants
from tests.local import local
from tests.night import by_day


def agrees(source: str, judge: Judge) -> bool:
    """Return True if a source is right on every case; of one that is not, most are wrong on the first ones."""
    try:
        candidate = local(source, judge)
    except SubmissionError:
        return False
    count = len(judge.revision.cases)
    portions = (range(0, count, 20), [i for i in range(count) if i % 20])
    parts = (judge.revision.cases.take(places) for places in portions)
    return not any(any(disagreeing(part, candidate.answer(part))) for part in parts)


@pytest.mark.parametrize(("style", "kind"), by_day(product(STYLES, KINDS), 3))
def test_single_faults_are_told_apart(udl: Judge, style: str, kind: str) -> None:
    """The wrong ones fail, the right ones pass; labels are by exact gradients."""
    mutants = [label(mutation) for mutation in mutations() if (mutation.style, mutation.kind) == (style, kind)]
    assert [mutant.name for mutant in mutants if mutant.right is not agrees(mutant.source, udl)] == []


@pytest.mark.parametrize("fault", rare_faults(), ids=lambda fault: fault.name)
def test_a_rare_fault_is_found(udl: Judge, fault: RareFault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong only in a corner: the cases visit it, or ask twice."""
    # Nothing is asked here that depends on them.
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})
    judgement = udl.judge(local(fault.source, udl), lambda: local(fault.source, udl))
    pure_row = next(row for row in judgement.properties if row.name == "pure")
    seen_again = fault.stateful and pure_row.outcome is Mark.FAILED
    assert judgement.outcome.value == "failed" or seen_again


@pytest.mark.parametrize("variant", right_variants(), ids=lambda variant: variant.name)
def test_a_right_variant_passes(udl: Judge, variant: RightVariant) -> None:
    """Honest style, precision and structure cost nothing."""
    assert agrees(variant.source, udl)


@pytest.mark.skipif(sys.platform != "linux", reason="a process's address space is bounded on Linux only")
def test_a_mutant_that_takes_a_gigabyte_raises_and_takes_nothing_from_the_tests(udl: Judge) -> None:
    """One whose arrays grew from layer to layer had a test process of gigabytes."""
    source = "def backward_pass(*_):\n    return np.ones(1 << 27), []\n"
    (answer,) = local(source, udl).answer(udl.revision.cases.take([0]))
    assert isinstance(answer, Raised)
    assert answer.type == "MemoryError"

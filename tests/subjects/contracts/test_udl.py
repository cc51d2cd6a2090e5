"""Notebook 7.2 as a contract and as layered networks: both kinds agree on what passes."""

import pytest

from grader.judge.agreement import disagreeing
from grader.judge.subject import AnySubject
from grader.subjects import kinds
from grader.subjects.gallery import find_folder
from tests.corpus.mutants import mutations
from tests.corpus.variants import right_variants
from tests.local import local_by
from tests.subjects.contracts.making import build

#: Of the mutations every so many: all 1,024 take a minute, and agree.
EVERY = 16


@pytest.fixture(scope="module")
def subjects() -> tuple[AnySubject, AnySubject]:
    """Both, made ready for judging."""
    folder = find_folder("udl-7.2")
    assert folder is not None
    contract = kinds.read(folder)
    return kinds.load_packaged("udl-7.2").subject, build(contract).subject  # type: ignore[arg-type] # a contract, by its folder


def passes(subject: AnySubject, source: str) -> bool:
    """Return True if a source is right on every case."""
    return not any(disagreeing(subject.cases, local_by(source, subject.exchange).answer(subject.cases)))


def test_they_agree_on_mutants_of_right_code(subjects: tuple[AnySubject, AnySubject]) -> None:
    layered, contract = subjects
    sample = mutations()[::EVERY]
    disagreements = [
        mutation.name for mutation in sample if passes(layered, mutation.text) != passes(contract, mutation.text)
    ]
    assert disagreements == []
    assert any(passes(contract, mutation.text) for mutation in sample)


def test_they_agree_on_right_code_in_other_styles(subjects: tuple[AnySubject, AnySubject]) -> None:
    layered, contract = subjects
    for variant in right_variants():
        assert passes(layered, variant.source), variant.name
        assert passes(contract, variant.source), variant.name


def test_a_list_that_is_too_long_is_wrong_in_both(subjects: tuple[AnySubject, AnySubject]) -> None:
    long = next(mutation for mutation in mutations() if mutation.difference == "line 3: `1` became `2`")
    assert [passes(subject, long.text) for subject in subjects] == [False, False]

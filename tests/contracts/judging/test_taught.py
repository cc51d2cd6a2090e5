"""What a handout tries: a mistake that shows elsewhere only is told apart, and costs nothing if the author says so."""

from functools import cache

import pytest

from backmark.grader.contracts.judging import revision
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.kits.kit import Kit, dump_kit, load_kit
from backmark.grader.errors import BadAssignment
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import RemarkKind
from tests.contracts.making import LINEAR, RIGHT, build, contract, judge

TAUGHT = """
[taught]
title = "square weights"
dims = { M = "D" }

[[slips]]
id = "transposed"
outside = true
title = "adds up the rows of weights that are not square"
change = [{ old = "x.T @ dout", new = "x.T @ dout * (1 if w.shape[0] == w.shape[1] else 2)" }]
"""
#: Wrong in dw unless the weights are square.
SQUARE = RIGHT.replace("x.T @ dout", "x.T @ dout * (1 if w.shape[0] == w.shape[1] else 2)")
RAISING = RIGHT.replace("    return dout @", "    assert w.shape[0] == w.shape[1]\n    return dout @")


@cache
def publish(*, as_taught: bool) -> ContractRevision:
    top = LINEAR.replace("cases = 30", "cases = 30\nas_taught = true") if as_taught else LINEAR
    return build(contract(top + TAUGHT))


def test_who_is_wrong_only_where_the_handout_tries_nothing_is_told_so_and_fails() -> None:
    for source in (SQUARE, RAISING):
        judgement = judge(publish(as_taught=False), source)
        (remark,) = judgement.remarks
        assert (judgement.outcome, remark.kind, remark.title) == (Outcome.FAILED, RemarkKind.TAUGHT, "square weights")
        assert remark.of > 3


def test_nothing_is_remarked_of_what_is_right_or_wrong_in_cases_of_the_handout_too() -> None:
    for source in (RIGHT, RIGHT.replace("dout @ w.T", "2 * dout @ w.T")):
        assert judge(publish(as_taught=False), source).remarks == ()


def test_as_taught_only_what_the_handout_tries_decides() -> None:
    published = publish(as_taught=True)
    assert all(case.dims["M"] == case.dims["D"] for case in (*published.cases.drawn, *published.ladder.drawn))
    assert published.outside is not None
    assert all(case.dims["M"] != case.dims["D"] for case in published.outside.drawn)
    assert judge(published, RIGHT.replace("dout @ w.T", "dout @ w")).outcome is Outcome.FAILED


def test_as_taught_a_mistake_outside_is_remarked_and_costs_nothing() -> None:
    published = publish(as_taught=True)
    for source in (SQUARE, RAISING):
        judgement = judge(published, source)
        (remark,) = judgement.remarks
        assert (judgement.outcome, remark.kind, remark.cases) == (Outcome.PASSED, RemarkKind.OUTSIDE, remark.of)
        assert sum(row.score for row in judgement.properties) == sum(row.max_score for row in judgement.properties)
    assert judge(published, RIGHT).remarks == ()


def test_a_mistake_that_shows_outside_only_is_none_as_taught() -> None:
    ids = [[mistake.id for mistake in publish(as_taught=flag).assignment.mistakes] for flag in (False, True)]
    assert ids == [["transposed", "upstream"], ["upstream"]]


def test_a_revision_keeps_the_cases_outside_and_a_kit_has_none() -> None:
    again = revision.load(revision.dump(publish(as_taught=True)))
    assert (again.id, again.outside is not None) == (publish(as_taught=True).id, True)
    assert len(judge(again, SQUARE).remarks) == 1
    kit = load_kit(dump_kit(Kit.of(again, with_solution=False)), "kit").contents
    assert (kit.outside, judge(kit, SQUARE).outcome) == (None, Outcome.PASSED)


def test_an_assignment_that_says_nothing_of_its_handout_is_asked_of_nothing_more() -> None:
    judge_of = Judge(build(contract()))
    assert len(judge_of.questions) == 30 + len(judge_of.asked_again) + len(judge_of.contract.probes)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('dims = { M = "D" }', 'dims = { K = "D" }', "taught.dims has K, which is no dim: write one of N, D, M"),
        ('dims = { M = "D" }', 'dims = { N = "D" }', 'dims.N uses "D", which is not known there'),
        ("[taught]", "[tought]", "tought is no key of an assignment: did you mean taught?"),
    ],
)
def test_what_no_handout_can_try_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(BadAssignment) as error:
        contract(LINEAR + TAUGHT.replace(old, new))
    assert message in str(error.value)


def test_as_taught_needs_to_know_what_the_handout_tries() -> None:
    with pytest.raises(BadAssignment, match=r"as_taught needs what the handout tries: write the table \[taught\]"):
        contract(LINEAR.replace("cases = 30", "as_taught = true"))

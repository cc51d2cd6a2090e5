"""Conventions: a submission that is wrong by the one that counts and right by another is told so, and no more."""

from functools import cache

import pytest

from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.judging import revision
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision, join_cases
from backmark.grader.contracts.kits.kit import Kit, dump_kit, load_kit
from backmark.grader.contracts.language.assignment import vary
from backmark.grader.errors import BadAssignment
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Judgement, Mark, Remark, RemarkKind
from backmark.worker.grading import fresh_cases
from tests.contracts.cases.test_fresh_cases import judge_with
from tests.contracts.making import LINEAR, RIGHT, build, build_pool, contract, judge
from tests.local import local_by

#: dw is divided by N; and the backward pass takes its arguments in another order.
CONVENTIONS = """
[[conventions]]
name = "sum"
title = "the convention of this year: dw is a sum"

[[conventions]]
name = "mean"
title = "the convention of last year: dw is a mean"
change = [{ old = "x.T @ dout", new = "x.T @ dout / len(x)" }]
{costs}

[conventions.results]
out = { value = "out" }
dx = { grad = "x" }
dw = { grad = "w", scale = "1 / N" }

[[conventions]]
name = "order"
title = "the convention of the year before: dout comes last"
change = [{ old = "linear_backward(dout, x, w)", new = "linear_backward(x, w, dout)" }]

[conventions.call]
code = '''
out = linear(x, w)
dx, dw = linear_backward(x, w, dout)
'''
"""
MEAN = RIGHT.replace("x.T @ dout", "x.T @ dout / len(x)")
ORDER = RIGHT.replace("(dout, x, w)", "(x, w, dout)")
THIS_YEAR = "the convention of this year: dw is a sum"
LAST_YEAR = Remark(RemarkKind.CONVENTION, "the convention of last year: dw is a mean", THIS_YEAR)


def toml(costs: str = "", counts: str = "") -> str:
    top = LINEAR.replace("cases = 30", f"cases = 30\n{counts}")
    return top + CONVENTIONS.replace("{costs}", costs)


@cache
def publish(costs: str = "", counts: str = "") -> ContractRevision:
    return build(contract(toml(costs, counts)))


def count(judgement: Judgement) -> dict[str, int]:
    return {row.name: row.score for row in judgement.properties if row.max_score}


def test_a_submission_that_is_right_by_another_convention_is_told_so_and_is_as_wrong_as_before() -> None:
    judgement = judge(publish(), MEAN)
    assert judgement.remarks == (LAST_YEAR,)
    assert (judgement.outcome, count(judgement)) == (Outcome.FAILED, {"out": 1, "dx": 2, "dw": 0})


def test_a_submission_that_takes_other_arguments_is_tried_by_the_call_of_that_convention() -> None:
    (remark,) = judge(publish(), ORDER).remarks
    assert remark.title == "the convention of the year before: dout comes last"


def test_nothing_is_told_of_a_submission_that_is_right_or_wrong_by_every_convention() -> None:
    for source in (RIGHT, MEAN.replace("dout @ w.T", "2 * dout @ w.T"), ORDER.replace("dout @ w.T", "dout @ w")):
        assert judge(publish(), source).remarks == ()


def test_the_convention_that_an_assignment_names_counts() -> None:
    published = publish(counts='counts = "mean"')
    assert judge(published, MEAN).outcome is Outcome.PASSED
    judgement = judge(published, RIGHT)
    assert judgement.outcome is Outcome.FAILED
    assert judgement.remarks == (Remark(RemarkKind.CONVENTION, THIS_YEAR, LAST_YEAR.title),)


def test_another_convention_costs_the_rows_that_the_author_says() -> None:
    judgement = judge(publish('costs = ["out"]'), MEAN)
    assert (judgement.outcome, count(judgement)) == (Outcome.FAILED, {"out": 0, "dx": 2, "dw": 2})
    assert judgement.counterexample is None


def test_a_convention_that_costs_nothing_passes_and_nothing_else_does() -> None:
    judgement = judge(publish("costs = []"), MEAN)
    assert (judgement.outcome, count(judgement)) == (Outcome.PASSED, {"out": 1, "dx": 2, "dw": 2})
    assert all(row.outcome is Mark.PASSED for row in judgement.properties)
    assert judge(publish("costs = []"), MEAN.replace("len(x)", "2")).outcome is Outcome.FAILED


def test_a_submission_that_changes_its_arguments_is_right_by_no_convention() -> None:
    changing = MEAN.replace("    return dout @", "    x *= 1.5\n    return dout @")
    assert judge(publish(), changing).remarks == ()


def test_a_submission_that_answers_otherwise_when_it_is_asked_again_is_right_by_no_convention() -> None:
    counting = "CALLS = []\n" + ORDER.replace(
        "    return dout", "    CALLS.append(1)\n    return (len(CALLS) < 32) * dout"
    )
    assert judge(publish("costs = []"), counting).outcome is not Outcome.PASSED


def test_a_submission_that_is_right_is_asked_no_more_than_without_conventions() -> None:
    judge_of = Judge(publish())
    asked: list[ContractExchange] = []
    right = local_by(RIGHT, judge_of.contract.exchange)
    judgement = judge_of.judge(right, lambda: right, asked.append)
    assert (judgement.outcome, asked) == (Outcome.PASSED, [])


def test_a_revision_keeps_the_cases_of_its_conventions() -> None:
    published = publish()
    again = revision.load(revision.dump(published))
    assert again.id == published.id
    assert [(name, len(cases)) for name, cases in again.conventions.items()] == [("mean", 30), ("order", 30)]
    assert judge(again, MEAN).remarks == (LAST_YEAR,)


def test_what_is_right_by_a_convention_must_be_so_in_fresh_cases_too() -> None:
    published, pool = publish("costs = []"), build_pool(vary(contract(toml("costs = []")), 99, 60))
    fresh = fresh_cases.choose(published, pool, 6, range(60))
    assert {len(cases) for cases in (fresh.cases, *fresh.conventions.values())} == {6}
    public = {case.values()["x"].tobytes() for case in join_cases(published).drawn}
    cheat = f"KNOWN = {public!r}\n" + MEAN.replace(
        "def linear_backward(dout, x, w):\n",
        "def linear_backward(dout, x, w):\n    if x.tobytes() not in KNOWN: return dout, x\n",
    )
    for source, outcome in ((MEAN, Outcome.PASSED), (cheat, Outcome.FAILED)):
        judgement = judge_with(fresh, source, published)
        assert judgement.outcome is outcome
        assert judgement.counterexample is None


def test_a_kit_has_no_other_convention_and_none_of_its_solutions() -> None:
    kit = load_kit(dump_kit(Kit.of(publish(), with_solution=False)), "linear.kit")
    assert (kit.contents.conventions, kit.contents.assignment.conventions) == ({}, ())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cases = 30", 'cases = 30\ncounts = "men"', 'counts is "men", which is no convention: write one of "sum"'),
        ('name = "order"', 'name = "mean"', "conventions has mean twice: rename one of them"),
        ("x, w, dout)\n'''", "x, w, dout)\nf(x)\n'''", "conventions.order calls other functions than"),
        ('name = "mean"', 'name = "mean"\ncosts = ["db"]', 'conventions.mean.costs is ["db"]: write rows, all among'),
        ('"x.T @ dout"', '"x.T @ out"', 'conventions.mean: "x.T @ out" does not occur in solution.py'),
        ('name = "sum"', 'name = "sum"\nupstream = {}', "conventions.sum changes something: the first one is as"),
        ('name = "mean"', 'name = "mean"\ncase = 3', "conventions.mean: case is no key of an assignment"),
    ],
)
def test_a_convention_that_cannot_be_used_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(BadAssignment) as error:
        contract(toml().replace(old, new, 1))
    assert message in str(error.value)

"""Fresh cases of a contract: chosen from a pool, asked about last, and never shown."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.contract_cases import ContractCases, ResultPlace
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.cases.fresh_cases import FreshCases, choose_alike
from backmark.grader.contracts.cases.values import ZEROS
from backmark.grader.contracts.judging.fresh_cases import FAILS_FRESH
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision, join_cases
from backmark.grader.contracts.language.assignment import vary
from backmark.grader.contracts.naming.mistakes import Projector
from backmark.grader.contracts.rows import wording
from backmark.grader.errors import BadAssignment, CandidateError, Crashed, TimedOut
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Judgement, Mark, Statistics
from backmark.worker.grading import fresh_cases
from backmark.worker.grading.candidate import Jailed, Requests
from tests.contracts.language.test_row_comments import ROWS, SOLUTION
from tests.contracts.making import LINEAR, MISTAKE, RIGHT, build, build_pool, contract, judge
from tests.local import local_by, local_programs

ASSIGNMENT = contract(LINEAR)


@cache
def make_own() -> ContractRevision:
    return build(ASSIGNMENT)


@cache
def make_pool() -> ContractRevision:
    return build_pool(vary(ASSIGNMENT, 99, 60))


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    """Draw by Hypothesis before a test is run by it."""
    make_own(), make_pool()


def choose(group: str, count: int = 6) -> FreshCases:
    own, pool = make_own(), make_pool()
    return fresh_cases.choose(own, pool, count, fresh_cases.order(b"secret", own.id, group, len(pool.cases)))


def judge_with(cases: FreshCases, source: str, revision: ContractRevision | None = None) -> Judgement:
    """Return the judgement on a source that is asked about fresh cases last."""
    judge_of = Judge(revision or make_own())

    def start() -> Jailed:
        return local_by(source, judge_of.contract.exchange)

    def ask(exchange: ContractExchange) -> Jailed:
        return Jailed(start().session, Requests(exchange))

    return judge_of.judge(start(), start, ask, local_programs(source, judge_of), cases)


def test_projections_have_the_weights_with_which_they_were_stored() -> None:
    """Stored revisions have the numbers that these weights make; a case that moved keeps those of its old places."""
    drawn, numbers = DrawnCase({}, {}, np.zeros(0)), np.zeros(5)
    one = ContractCases((drawn,), ((ResultPlace("a", 0, (5,), "a"),),), numbers, numbers)
    first = Projector(one).project(np.eye(5)[0], {})
    assert first[:, 0] == pytest.approx([0.7666216164, -0.1369440059, -0.9471324568, 0.9417639563])
    second = Projector(one.join(one)).project(np.eye(10)[5], {})[:, 1]
    assert (second != first[:, 0]).all()


def test_groups_get_cases_of_their_own_and_the_same_each_time() -> None:
    groups = [choose(str(number)) for number in range(4)]
    assert len({chosen.sha256 for chosen in groups}) == 4
    assert choose("2").sha256 == groups[2].sha256
    own = {make_own().cases.key(i) for i in range(30)}
    for chosen in groups:
        assert len({chosen.cases.key(i) for i in range(6)} - own) == 6


def test_fresh_cases_are_as_large_as_the_revision_s_own() -> None:
    def count(cases: ContractCases) -> float:
        return (sum(case.size for case in cases.drawn) + len(cases.expected)) / len(cases)

    assert all(count(choose(str(number), 12).cases) < 1.1 * count(make_own().cases) for number in range(8))


def test_no_fresh_case_is_drawn_with_exact_zeros_where_two_right_programs_may_differ() -> None:
    """`f >= 0` and `f > 0` are both the slope of a ReLU; where two kinks meet, differences show none of them."""
    assert any(case.corner == ZEROS for case in make_pool().cases.drawn)
    chosen = [case for number in range(8) for case in choose(str(number), 12).cases.drawn]
    assert not [case for case in chosen if case.corner == ZEROS]


def test_a_fresh_case_has_no_result_that_the_revision_s_own_cases_lack() -> None:
    """What an answer says of such a result would be no answer."""
    own, pool = make_own(), make_pool()
    assert choose_alike(own.cases, pool.cases, range(60), 6, ["out", "dx"]) == []
    assert len(choose_alike(own.cases, pool.cases, range(60), 6, ["out", "dx", "dw"])) == 6


def test_what_is_right_in_fresh_cases_has_the_verdict_that_it_has_without_any() -> None:
    """Not even how many numbers they have is told: that follows from their sizes."""
    judgement = judge_with(choose("0"), RIGHT)
    assert judgement.outcome is Outcome.PASSED
    assert judgement == judge(make_own(), RIGHT)


def test_what_is_wrong_in_the_revision_s_own_cases_is_asked_about_no_others() -> None:
    """So its verdict is the same in every group, and nothing of a fresh case can be in it."""
    assert judge_with(choose("0"), MISTAKE) == judge(make_own(), MISTAKE)


def list_known(revision: ContractRevision) -> str:
    """Return a Python set of the inputs of all cases that anybody can have."""
    every = join_cases(revision)
    return repr({case.numbers[: math.prod(case.inputs["x"]["array"])].tobytes() for case in every.drawn})


def make_cheat(revision: ContractRevision, otherwise: str) -> str:
    """Return a submission that is right in each case that anybody can have, and does something else in others."""
    return (
        f"KNOWN = {list_known(revision)}\n"
        "def linear(x, w):\n    return x @ w\n"
        "def linear_backward(dout, x, w):\n"
        f"    if np.ascontiguousarray(x).tobytes() not in KNOWN:\n        {otherwise}\n"
        "    return dout @ w.T, x.T @ dout\n"
    )


HARVESTS = [
    "return x.copy(), w.copy()",
    "raise ValueError(repr(x.tolist()))",
    "return x.tolist(), repr(w)",
    "return np.zeros(int(abs(x).max() * 1e6) % 1000), w",
    "print(x.tolist()); return dout @ w.T, x.T @ dout * 2",
    "undefined_name_of(x)",
]


@pytest.mark.parametrize("otherwise", HARVESTS)
def test_nothing_that_a_fresh_case_gave_is_in_the_judgement(otherwise: str) -> None:
    """The number of bits that come home is that of an outcome and of the rows that fail."""
    judgement = judge_with(choose("0"), make_cheat(make_own(), otherwise))
    assert judgement.outcome is Outcome.FAILED
    (flag,) = (flag for flag in judgement.flags if flag.id == FAILS_FRESH.id)
    # Where they are in the pool says nothing to those who do not have it.
    assert set(flag.cases or ()) <= set(choose("0").places)
    lost = {row.name: row for row in judgement.properties if row.outcome is Mark.FAILED}
    assert {row.message for row in lost.values()} == {wording.FAILS_UNSHOWN}
    assert {row.score for row in lost.values()} == {0}
    bare = replace(judgement, properties=(), statistics=Statistics(), flags=())
    assert bare == Judgement(Outcome.FAILED)
    assert not any(row.counterexample for row in judgement.properties)


def test_what_fails_in_a_small_case_as_well_is_shown_that_one() -> None:
    """It is wrong in cases of the ladder, too, of which each is larger than its own smallest that fails."""
    own, cases = make_own(), choose("0")
    decided = {case.numbers.tobytes() for case in own.cases.drawn}
    known = f"KNOWN = {decided!r}\n"
    source = known + RIGHT.replace(
        "return dout @ w.T, x.T @ dout",
        "wrong = np.concatenate([x.ravel(), w.ravel(), dout.ravel()]).tobytes() not in KNOWN\n"
        "    return dout @ w.T, x.T @ dout * (2 if wrong else 1)",
    )
    judgement = judge_with(cases, source)
    (row,) = [row for row in judgement.properties if row.name == "dw"]
    assert row.message == wording.FAILS_AS_SHOWN
    shown = row.counterexample
    assert isinstance(shown, CaseCounterexample)
    assert shown == judgement.counterexample
    ladder = [dict(case.dims) for case in own.ladder.drawn]
    assert dict(shown.case) == ladder[0]
    assert shown.script == ""


@pytest.mark.parametrize(("error", "outcome"), [(Crashed, Outcome.CRASHED), (TimedOut, Outcome.TIMEOUT)])
def test_of_what_ends_in_a_fresh_case_nothing_but_that_is_said(error: type[CandidateError], outcome: Outcome) -> None:
    judge_of, cases = Judge(make_own()), choose("0")

    class Ending:
        def answer(self, asked: ContractCases) -> list[Answer]:
            assert asked is cases.cases
            raise error("Your code's process ended with exit status 77.")

    right = local_by(RIGHT, judge_of.contract.exchange)
    judgement = judge_of.judge(right, lambda: right, lambda _: Ending(), None, cases)
    assert judgement.outcome is outcome
    assert judgement.error is not None
    assert (judgement.error.message, judgement.error.reached) == (wording.ENDED_UNSHOWN, None)
    assert "77" not in repr(judgement)


def test_a_pool_leaves_out_what_a_revision_of_its_own_proves() -> None:
    """No edit is tried, no template is read and no check is run; rows and assignment are the revision's."""
    assignment = contract(f"{LINEAR}{ROWS}", solution=SOLUTION, template="def other(x, w):\n    return None\n")
    with pytest.raises(BadAssignment, match=r"^template\.py: "):
        build(assignment)
    pool = build_pool(assignment)
    assert (pool.statements, len(pool.ladder)) == ((), 0)
    assert pool.assignment == assignment


def test_a_pool_has_no_case_on_which_a_solution_is_not_right() -> None:
    """The author hears of it by the revision's own cases; nobody is judged by such a one."""
    wrong = contract(solution=RIGHT.replace("return x @ w", "return x @ w if len(x) < 4 else x @ w + 1"))
    with pytest.raises(BadAssignment, match=r"solution\.py is not right on "):
        build(wrong)
    sizes = {case.dims["N"] for case in build_pool(wrong).cases.drawn}
    assert sizes == {1, 2, 3}
    raising = contract(solution=RIGHT.replace("return x @ w", "return x @ w if len(x) < 4 else 1 / 0"))
    assert {case.dims["N"] for case in build_pool(raising).cases.drawn} == {1, 2, 3}


def test_a_pool_that_is_too_small_is_refused_in_a_sentence() -> None:
    own = make_own()
    with pytest.raises(
        BadAssignment, match=r"^only 0 of the 30 cases of the pool can be fresh cases, and 1 are needed"
    ):
        fresh_cases.require_enough(own, own, 1)
    fresh_cases.require_enough(own, make_pool(), 6)

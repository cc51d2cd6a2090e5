"""Fresh cases of a contract: those of a pool in the places of its own, judged and named as these are."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.contracts.cases.contract_cases import ContractCases, ResultPlace
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.judging.revision import ContractRevision, dump, load
from backmark.grader.contracts.language.archive import read_header
from backmark.grader.contracts.language.assignment import HOME, vary
from backmark.grader.contracts.naming.mistakes import Projector
from backmark.grader.contracts.publishing.selfcheck import selfcheck
from backmark.grader.errors import BadAssignment
from backmark.grader.model.fresh_places import replaceable
from backmark.grader.model.verdict import Outcome
from backmark.worker.service import fresh_cases
from tests.contracts.cases.test_choosing import IN_NOTEBOOK
from tests.contracts.language.test_row_comments import ROWS, SOLUTION
from tests.contracts.making import LINEAR, MISTAKE, RIGHT, build, build_pool, contract, judge

#: Wrong in another form, and on some cases alone.
SHAPED = '"""returns dw as a row."""\n' + RIGHT.replace(
    "x.T @ dout", "x.T @ dout if x.shape[0] > 2 else (x.T @ dout)[0]"
)
ASSIGNMENT = contract(LINEAR, mistake_shaped=SHAPED)


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


def list_replaced(revision: ContractRevision, wanted: int) -> tuple[int, ...]:
    checked = selfcheck(revision)
    return replaceable(checked.cases, wanted, [catch.places for catch in checked.catches], checked.fixed)


def make_group(group: str, wanted: int = 12) -> ContractRevision:
    own = make_own()
    merged = fresh_cases.of_group(b"secret", own.id, own, make_pool(), list_replaced(own, wanted), group)
    assert isinstance(merged, ContractRevision)
    return merged


@given(st.data())
def test_whatever_is_merged_a_case_keeps_all_that_is_known_of_it(data: st.DataObject) -> None:
    own, pool = make_own(), make_pool()
    places = data.draw(st.lists(st.integers(0, len(pool.cases) - 1), max_size=30, unique=True))
    replaced = data.draw(st.sets(st.integers(0, len(own.cases) - 1), max_size=len(places)))
    merged = own.merge(pool, places, replaced)
    taken = [*((own, i) for i in range(len(own.cases)) if i not in replaced), *((pool, i) for i in places)]
    sources = {revision.cases.key(i): (revision, i) for revision, i in taken}
    assert len(merged.cases) == len(sources) == len(taken)
    assert all(merged.cases.key(i) == own.cases.key(i) for i in range(len(own.cases)) if i not in replaced)
    for i in range(len(merged.cases)):
        revision, place = sources[merged.cases.key(i)]
        case, before = merged.cases.take([i]), revision.cases.take([place])
        assert case.layouts == before.layouts
        for name in ("expected", "tolerances", "terms"):
            np.testing.assert_array_equal(getattr(case, name), getattr(before, name))
        for identifier, stored in merged.mistakes.items():
            known = revision.mistakes[identifier]
            assert (i in stored.wrong, stored.forms.get(i)) == (place in known.wrong, known.forms.get(place))
            # Each case of a linear map has three results.
            np.testing.assert_array_equal(
                stored.projections[:, 3 * i : 3 * i + 3], known.projections[:, 3 * place : 3 * place + 3]
            )


def test_projections_have_the_weights_with_which_they_were_stored() -> None:
    """Stored revisions have the numbers that these weights make; a case that moved keeps those of its old places."""
    drawn, numbers = DrawnCase({}, {}, np.zeros(0)), np.zeros(5)
    one = ContractCases((drawn,), ((ResultPlace("a", 0, (5,), "a"),),), numbers, numbers, np.zeros((1, 5)))
    first = Projector(one).project(np.eye(5)[0], {})
    assert first[:, 0] == pytest.approx([0.7666216164, -0.1369440059, -0.9471324568, 0.9417639563])
    second = Projector(one.join(one)).project(np.eye(10)[5], {})[:, 1]
    assert (Projector(one, (5,)).project(np.eye(5)[0], {})[:, 0] == second).all()
    assert (second != first[:, 0]).all()


def test_groups_get_cases_of_their_own_and_the_same_each_time() -> None:
    own, groups = make_own(), [make_group(str(number)) for number in range(4)]
    assert len({merged.cases_sha256 for merged in (own, *groups)}) == 5
    assert make_group("2").cases_sha256 == groups[2].cases_sha256
    kept = [{own.cases.key(i) for i in range(30)} & {merged.cases.key(i) for i in range(30)} for merged in groups]
    assert [len(merged.cases) for merged in groups] == [30] * 4
    assert [len(keys) for keys in kept] == [18] * 4


def test_fresh_cases_are_as_large_as_those_that_they_replace() -> None:
    def count(revision: ContractRevision) -> int:
        return sum(case.size for case in revision.cases.drawn) + len(revision.cases.expected)

    assert all(count(make_group(str(number))) < 1.1 * count(make_own()) for number in range(8))


@pytest.mark.parametrize("source", [MISTAKE, SHAPED], ids=["numbers", "forms"])
def test_wrong_answers_are_named_alike_on_fresh_cases(source: str) -> None:
    """Style of its own, the same mistake: the rows and the name are those that the revision's own cases give it."""
    submission = source.replace("dout", "d_out")
    own, *fresh = (judge(revision, submission) for revision in (make_own(), make_group("0"), make_group("1")))
    assert own.diagnosis
    for judgement in fresh:
        assert [diagnosis.mistakes for diagnosis in judgement.diagnosis] == [named.mistakes for named in own.diagnosis]
        assert [(row.name, row.outcome) for row in judgement.properties] == [
            (row.name, row.outcome) for row in own.properties
        ]


def test_a_group_s_revision_names_mistakes_alike_after_it_was_stored() -> None:
    """Its fresh cases keep the weights of the projections that the pool has of them."""
    own = make_own()
    merged = fresh_cases.of_group(b"secret", own.id, own, make_pool(), range(30), "0")
    assert isinstance(merged, ContractRevision)
    loaded = load(dump(merged))
    assert (loaded.id, loaded.origins) == (merged.id, merged.origins)
    before, after = (judge(revision, MISTAKE) for revision in (merged, loaded))
    assert [mistake.id for mistake in after.diagnosis[0].mistakes] == ["upstream"]
    assert after.diagnosis == before.diagnosis


def test_right_answers_pass_on_fresh_cases() -> None:
    assert all(judge(make_group(str(number)), RIGHT).outcome is Outcome.PASSED for number in range(3))


def test_cases_at_home_and_those_that_prove_something_stay() -> None:
    """Every edit that publishing caught is still caught by what stays, and so is each mistake."""
    assignment = contract(f"{LINEAR}{ROWS}{IN_NOTEBOOK}", solution=SOLUTION)
    own, pool = build(assignment), build_pool(vary(assignment, 99, 60))
    checked, replaced = selfcheck(own), list_replaced(own, 30)
    assert own.proving
    assert {i for i, case in enumerate(own.cases.drawn) if case.corner == HOME} <= set(checked.fixed)
    assert set(own.proving) <= set(checked.fixed)
    assert replaced == tuple(i for i in range(30) if i not in checked.fixed)
    merged = fresh_cases.of_group(b"secret", own.id, own, pool, replaced, "0")
    assert isinstance(merged, ContractRevision)
    assert selfcheck(merged).sound
    wrong = SOLUTION.replace("x.T @ dout", "x.T @ dout * 2")
    by_own, by_fresh = judge(own, wrong), judge(merged, wrong)
    assert len(by_own.repair) == 1
    assert by_fresh.repair[0].lines == by_own.repair[0].lines
    assert by_fresh.repair[0].slips == by_own.repair[0].slips
    assert [(row.name, row.score) for row in by_fresh.properties] == [
        (row.name, row.score) for row in by_own.properties
    ]
    assert [case.corner for case in pool.cases.drawn].count(HOME) == 0
    header = read_header(dump(own))
    assert (header.fixed, header.caught) == (checked.fixed, tuple(catch.places for catch in checked.catches))


def test_a_pool_leaves_out_what_a_revision_of_its_own_proves() -> None:
    """No edit is tried, no template is read and no check is run; rows and assignment are the revision's."""
    assignment = contract(f"{LINEAR}{ROWS}", solution=SOLUTION, template="def other(x, w):\n    return None\n")
    with pytest.raises(BadAssignment, match=r"^template\.py: "):
        build(assignment)
    pool = build_pool(assignment)
    assert (pool.statements, pool.proving, len(pool.ladder)) == ((), (), 0)
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


def test_a_pool_that_is_too_small_or_of_another_loss_is_refused_in_a_sentence() -> None:
    own = make_own()
    with pytest.raises(BadAssignment, match=r"^only 0 of the 30 cases of the pool can stand in the place of 1 cases"):
        fresh_cases.require_enough(own, own, [3])
    with pytest.raises(BadAssignment, match=r"^only 0 of the 60 cases of the pool"):
        fresh_cases.require_enough(own, replace(make_pool(), terms=("other",)), [3])
    fresh_cases.require_enough(own, make_pool(), [3])


def test_a_revision_of_an_earlier_version_keeps_its_id_and_is_judged_by() -> None:
    """It names no cases that prove something."""
    earlier = replace(make_own(), proving=())
    assert earlier.id != make_own().id
    loaded = load(dump(earlier))
    assert (loaded.id, loaded.proving) == (earlier.id, ())
    assert judge(loaded, RIGHT).outcome is Outcome.PASSED
    assert judge(loaded, MISTAKE).outcome is Outcome.FAILED

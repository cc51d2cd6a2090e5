"""When an answer agrees: entry by entry, and to the last bit of the tolerance."""

import numpy as np
import pytest

from backmark.grader.contracts.cases.answers import Answer, Malformed, Raised, Returned
from backmark.grader.contracts.cases.contract_cases import ContractCases, ResultPlace
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.rows.agreement import (
    agreement,
    all_wrong_entries,
    disagreeing,
    find_wrong,
    purity,
    same,
    wrong_later,
)
from backmark.grader.contracts.rows.row import Row, way
from backmark.grader.model.verdict import Mark

#: Two cases with two numbers each.
CASES = ContractCases(
    drawn=(DrawnCase({}, {}, np.zeros(0)),) * 2,
    layouts=((ResultPlace("dw", 0, (2,), "w"),),) * 2,
    expected=np.array([1.0, 2.0, np.nan, 4.0]),
    tolerances=np.array([0.25, 0.25, np.inf, 0.5]),
)
#: The expected numbers of each case, with their tolerances.
FIRST, SECOND = ((CASES.expected[own], CASES.tolerances[own]) for own in (slice(2), slice(2, 4)))


def build_answer(*entries: float) -> Returned:
    return Returned(np.array(entries))


@pytest.mark.parametrize("off", [0.25, -0.25])
def test_an_entry_that_is_off_by_all_of_its_tolerance_agrees_and_by_a_bit_more_does_not(off: float) -> None:
    assert find_wrong(np.array([1 + off, 2]), *FIRST).tolist() == [False, False]
    assert find_wrong(np.array([np.nextafter(1 + off, 9 * off), 2]), *FIRST).tolist() == [True, False]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_entry_that_is_not_finite_is_wrong_even_if_nobody_knows_the_right_one(value: float) -> None:
    assert find_wrong(np.array([value, value]), *SECOND).tolist() == [True, True]


def test_an_inconclusive_entry_agrees_with_any_number() -> None:
    assert find_wrong(np.array([-1e300, 4]), *SECOND).tolist() == [False, False]


def test_a_network_without_an_answer_is_wrong_in_all_of_its_entries() -> None:
    """Inconclusive ones too; the entries of the other network are its own."""
    answers: list[Answer] = [Raised("ValueError", "no"), build_answer(0, 4)]
    assert all_wrong_entries(CASES, answers).tolist() == [True, True, False, False]
    assert disagreeing(CASES, answers) == [True, False]
    assert disagreeing(CASES, [build_answer(1, 2), Malformed("return")]) == [False, True]


def test_answers_that_did_not_come_are_wrong_and_are_no_cases_that_disagree() -> None:
    """What is asked piece by piece is compared so."""
    assert all_wrong_entries(CASES, [build_answer(1, 2)]).tolist() == [False, False, True, True]
    assert disagreeing(CASES, [build_answer(1, 2)]) == [False]


def test_no_cases_disagree_where_there_are_none() -> None:
    assert disagreeing(CASES.take([]), []) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (build_answer(1, 2), ("number", "")),
        (Malformed("all_dl_dweights"), ("form", "all_dl_dweights")),
        (Raised("ValueError", "no"), ("raised", "ValueError")),
    ],
)
def test_the_way_in_which_an_answer_is_wrong(answer: Answer, expected: tuple[str, str]) -> None:
    assert way(answer) == expected


def test_the_row_of_what_repeats_names_the_cases_that_were_changed_or_answered_otherwise() -> None:
    """Of as many as were answered; what was changed goes before what differed."""
    right, differing_answer = build_answer(1, 2), build_answer(1, 3)
    changed_answer = Returned(right.numbers, ("y",))
    pure_row = purity([right] * 3, [right, right], [2, 0], ended=False)
    assert pure_row == Row(Mark.PASSED, 3, "")
    differing_row = purity([right] * 3, [differing_answer, right], [2, 0], ended=False)
    assert differing_row == Row(Mark.FAILED, 3, "Called again, your code answered 1 of 2 cases differently.", (2,))
    changing_row = purity([right, changed_answer, right], [differing_answer, right], [2, 0], ended=False)
    assert changing_row == Row(Mark.FAILED, 3, "Your code changes `y` in place on 1 of 3 cases.", (1,))


def test_only_an_answer_that_was_right_at_first_is_wrong_later() -> None:
    right, wrong, second_wrong = build_answer(1, 2), build_answer(0, 2), build_answer(9, 2)
    cases = CASES.take([0, 0, 0, 0])
    second_answers = {0: right, 1: wrong, 2: second_wrong, 3: right}
    assert wrong_later(cases, [right, right, wrong, wrong], second_answers) == {1: wrong}
    assert wrong_later(cases, [right] * 4, {0: right}) == {}


def test_answers_that_raised_are_the_same_whatever_they_said() -> None:
    """And no answer of another kind is."""
    error_answer, form = Raised("ValueError", "no"), Malformed("return")
    assert same(error_answer, Raised("KeyError", "7"))
    assert same(form, Malformed("return"))
    assert not same(form, Malformed("all_dl_dbiases"))
    assert [
        same(*pair)
        for pair in (
            (error_answer, form),
            (form, error_answer),
            (error_answer, build_answer(1)),
            (build_answer(1), form),
        )
    ] == [False] * 4


def test_the_row_of_agreement_counts_all_cases_and_names_those_that_disagree() -> None:
    right, wrong = build_answer(1, 2), build_answer(0, 4)
    row = agreement(CASES, [right, build_answer(0, 0)])
    assert row == Row(Mark.FAILED, 2, "Wrong on 1 of 2 cases.", (1,), disagreeing)
    assert agreement(CASES, [right, wrong]) == Row(Mark.PASSED, 2, "")
    assert agreement(CASES, [wrong, wrong], 1).message == (
        "Wrong on 1 of 2 cases. On 1 of these, the first answer was right and the second one was wrong."
    )

"""Cases of a contract with rows of statements are chosen: by coverage, at home, and so that edits are caught."""

import pytest

from grader.errors import AssignmentError
from grader.subjects.contracts.assignment import HOME
from grader.subjects.contracts.cases import ContractCases
from grader.subjects.contracts.choosing import CaseChoice, describe
from grader.subjects.contracts.draw import draw_all
from tests.subjects.contracts.making import LINEAR, build, contract
from tests.subjects.contracts.test_row_comments import ROWS, SOLUTION

IN_NOTEBOOK = "\n[home]\nN = 3\nD = 2\nM = 2\n"


@pytest.fixture(scope="module")
def drawn() -> ContractCases:
    """Sixty cases, of which thirty would be used."""
    return build(contract(LINEAR.replace("cases = 30", "cases = 60"))).cases


def test_a_contract_without_rows_has_the_first_cases_that_were_drawn() -> None:
    assignment = contract(LINEAR + IN_NOTEBOOK)
    first, _ = draw_all(assignment)
    assert len(first) == 38
    assert [case.dims for case in build(assignment).cases.drawn] == [case.dims for case in first[:30]]


def test_a_contract_with_rows_has_twice_as_many_to_choose_from() -> None:
    assert len(draw_all(contract(LINEAR + ROWS, solution=SOLUTION))[0]) == 60


def test_the_same_cases_are_chosen_each_time(drawn: ContractCases) -> None:
    assert CaseChoice(drawn, 30).choose([]) == CaseChoice(drawn, 30).choose([])


def test_an_edit_that_one_drawn_case_catches_keeps_that_case(drawn: ContractCases) -> None:
    left_out = sorted(set(range(60)) - set(CaseChoice(drawn, 30).choose([])))
    for place in left_out:
        assert place in CaseChoice(drawn, 30).choose([frozenset({place})])


def test_of_cases_that_catch_an_edit_two_are_chosen_if_there_is_room(drawn: ContractCases) -> None:
    left_out = frozenset(set(range(60)) - set(CaseChoice(drawn, 30).choose([])))
    chosen = CaseChoice(drawn, 30).choose([left_out])
    assert len(chosen) == 30
    assert len(left_out & set(chosen)) >= 2


def test_more_edits_than_there_is_room_for_leave_the_number_of_cases_as_it_is(drawn: ContractCases) -> None:
    assert len(CaseChoice(drawn, 10).choose([frozenset({place}) for place in range(60)])) == 10


def test_the_chosen_cases_have_every_value_of_a_dim(drawn: ContractCases) -> None:
    chosen = CaseChoice(drawn, 15).choose([])
    for name, most in (("N", 4), ("D", 3), ("M", 3)):
        assert {drawn.drawn[place].dims[name] for place in chosen} == set(range(1, most + 1))


def test_each_case_of_a_contract_has_as_many_quantities() -> None:
    toml = LINEAR.replace("M = [1, 3]", 'M = [1, 3]\nd = { many = [0, 3], each = [1, 4] }\nmode = { of = ["a", "b"] }')
    cases, _ = draw_all(contract(toml))
    assert len({len(describe(case)) for case in cases}) == 1


def test_a_few_cases_have_the_dims_of_the_notebook_and_no_other_draw_changes() -> None:
    away, _ = draw_all(contract(LINEAR + ROWS, solution=SOLUTION))
    home, _ = draw_all(contract(LINEAR + ROWS + IN_NOTEBOOK, solution=SOLUTION))
    assert [case.key() for case in home[:60]] == [case.key() for case in away]
    assert [(case.corner, dict(case.dims)) for case in home[60:]] == 4 * [(HOME, {"N": 3, "D": 2, "M": 2})]
    cases = build(contract(LINEAR + ROWS + IN_NOTEBOOK, solution=SOLUTION)).cases
    assert sum(case.corner == HOME for case in cases.drawn) == 4
    assert len(cases) == 30


def test_a_home_that_is_not_assumed_is_refused() -> None:
    toml = LINEAR.replace("cases = 30", 'cases = 30\nassume = ["N > 3"]')
    with pytest.raises(AssignmentError, match=r"no case of \[home\] could be drawn: let its dims meet assume"):
        draw_all(contract(toml + ROWS + IN_NOTEBOOK, solution=SOLUTION))


def test_a_home_that_is_too_large_is_refused_by_its_name() -> None:
    toml = LINEAR + ROWS + IN_NOTEBOOK.replace("N = 3", "N = 9000")
    with pytest.raises(ValueError, match=r"home: inputs\.x"):
        draw_all(contract(toml, solution=SOLUTION))

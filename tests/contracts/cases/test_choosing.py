"""Cases of a contract with rows of statements are chosen: by coverage, at home, and so that edits are caught."""

from collections import Counter

import numpy as np
import pytest

from backmark.grader.contracts.cases import draw
from backmark.grader.contracts.cases.choosing import CaseChoice, describe
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.draw import draw_all
from backmark.grader.contracts.cases.values import VARIED
from backmark.grader.contracts.language.assignment import HOME
from backmark.grader.errors import AssignmentError
from tests.contracts.language.test_row_comments import ROWS, SOLUTION
from tests.contracts.making import LINEAR, RIGHT, build, contract
from tests.hashes import print_by_hashes

IN_NOTEBOOK = "\n[home]\nN = 3\nD = 2\nM = 2\n"


@pytest.fixture(scope="module")
def drawn() -> ContractCases:
    """Sixty cases, of which thirty would be used."""
    return draw_sixty()


def draw_sixty() -> ContractCases:
    return build(contract(LINEAR.replace("cases = 30", "cases = 60"))).cases


def choose_of(drawn: ContractCases, wanted: int) -> CaseChoice:
    """Return the choice of so many of the cases, by their dims and inputs."""
    return CaseChoice.of(drawn.drawn, [case.values() for case in drawn.drawn], wanted)


@pytest.mark.parametrize(("rows", "solution"), [("", RIGHT), (ROWS, SOLUTION)])
def test_a_contract_has_eight_times_as_many_cases_to_choose_from(rows: str, solution: str) -> None:
    assignment = contract(LINEAR + rows + IN_NOTEBOOK, solution=solution)
    assert len(draw_all(assignment)[0]) == 244
    cases = build(assignment).cases
    assert len(cases) == 30
    assert sum(case.corner == HOME for case in cases.drawn) == 4


def test_of_large_cases_no_more_are_drawn_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw, "MOST_IN_ALL", 100 * 21)
    # At most 4 x 3 numbers and 3 x 3.
    assert len(draw_all(contract(LINEAR + ROWS, solution=SOLUTION))[0]) == 100
    monkeypatch.setattr(draw, "MOST_IN_ALL", 100)
    with pytest.raises(AssignmentError, match="the inputs of 38 cases hold more than 100 numbers: let dims"):
        draw_all(contract(LINEAR + ROWS, solution=SOLUTION))


def test_of_a_contract_with_rows_some_cases_have_normal_values_on_purpose() -> None:
    away, _ = draw_all(contract(LINEAR + ROWS, solution=SOLUTION))
    corners = Counter(case.corner for case in away)
    assert {*VARIED} < corners.keys()
    assert corners["any"] > 110
    uniform = LINEAR.replace('{ shape = "N D" }', '{ shape = "N D", values = "uniform(1, 2)" }')
    uniform = uniform.replace('{ shape = "D M" }', '{ shape = "D M", values = "uniform(1, 2)" }')
    plain, _ = draw_all(contract(uniform + ROWS, solution=SOLUTION))
    assert {*VARIED}.isdisjoint(case.corner for case in plain)


def test_the_same_cases_are_drawn_and_chosen_in_any_process() -> None:
    program = """
from tests.contracts.cases.test_choosing import choose_of, draw_sixty
drawn = draw_sixty()
print([case.key().hex() for case in drawn.drawn])
print(choose_of(drawn, 30).choose([frozenset({place, place + 1}) for place in range(40)]))
"""
    (printed,) = print_by_hashes(program)
    assert printed.count("\n") == 2


def test_an_edit_that_one_drawn_case_catches_keeps_that_case(drawn: ContractCases) -> None:
    left_out = sorted(set(range(60)) - set(choose_of(drawn, 30).choose([])))
    for place in left_out:
        assert place in choose_of(drawn, 30).choose([frozenset({place})])


def test_of_cases_that_catch_an_edit_two_are_chosen_if_there_is_room(drawn: ContractCases) -> None:
    left_out = frozenset(set(range(60)) - set(choose_of(drawn, 30).choose([])))
    chosen = choose_of(drawn, 30).choose([left_out])
    assert len(chosen) == 30
    assert len(left_out & set(chosen)) >= 2


def test_more_edits_than_there_is_room_for_leave_the_number_of_cases_as_it_is(drawn: ContractCases) -> None:
    assert len(choose_of(drawn, 10).choose([frozenset({place}) for place in range(60)])) == 10


def test_the_chosen_cases_have_every_value_of_a_dim(drawn: ContractCases) -> None:
    chosen = choose_of(drawn, 15).choose([])
    for name, most in (("N", 4), ("D", 3), ("M", 3)):
        assert {drawn.drawn[place].dims[name] for place in chosen} == set(range(1, most + 1))


def test_each_case_of_a_contract_has_as_many_quantities() -> None:
    toml = LINEAR.replace("M = [1, 3]", 'M = [1, 3]\nd = { many = [0, 3], each = [1, 4] }\nmode = { of = ["a", "b"] }')
    cases, _ = draw_all(contract(toml))
    assert len({len(describe(case.dims, [*case.values().values()])) for case in cases}) == 1


def test_a_case_is_described_by_the_arrays_at_both_ends_of_a_list() -> None:
    """All arrays, then those from the third last to the third: size, rows less columns, signs, magnitudes, order."""
    first, last = np.array([[1.0, -2.0, 0.0]]), np.array([[4.0], [-0.5]])
    quantities = describe({}, [[first, {"a": last, "name": "relu", "none": None}]])
    assert quantities[2:10] == [4, 0, 2, 1, 2, 1, 0, 0]
    ends = np.reshape(quantities[10:], (6, 15)).tolist()
    # Rows and columns below and above zero, changes of sign, the sign of the sum, places of the largest and the least.
    row = [3, -2, 1, 1, 2, 0, 0, 0, 1, 1, 1, -1, 0, 1, 3]
    column = [2, 1, 1, 1, 4, 0.5, 1, 1, 0, 0, 1, 1, 0, 1, 2]
    assert ends[1:5] == [row, column, row, column]
    assert ends[0] == ends[5] == [-99] * 15


def test_a_list_of_sizes_is_described_by_its_order() -> None:
    """Places of the largest and the least, rises, falls, different ones, parity, both ends, every other one."""
    assert describe({"D": [2, 5, 5, 1]}, [])[12:21] == [1, 3, 1, 1, 3, 1, 3, 1, 7]
    assert describe({"D": [2]}, [])[12:21] == [-99] * 9


def test_a_case_is_chosen_for_the_order_of_its_numbers_alone(drawn: ContractCases) -> None:
    for odd in [place for place in range(60) if drawn.drawn[place].corner == "any"][::5]:
        usual = np.array([[1.0, 2.0, -1.0, -2.0]])
        outputs = [{"out": usual[:, ::-1] if place == odd else usual} for place in range(60)]
        assert odd in CaseChoice.of(drawn.drawn, outputs, 20).choose([])


def test_what_the_reference_gives_counts_though_all_inputs_are_alike(drawn: ContractCases) -> None:
    """One case whose output has another sign than all others is chosen for it, at any size."""
    for odd in [place for place in range(60) if drawn.drawn[place].corner == "any"][::5]:
        outputs = [{"out": np.array([-1.0 if place == odd else 1.0])} for place in range(60)]
        assert odd in CaseChoice.of(drawn.drawn, outputs, 20).choose([])


def test_a_few_cases_have_the_dims_of_the_notebook_and_no_other_draw_changes() -> None:
    away, _ = draw_all(contract(LINEAR + ROWS, solution=SOLUTION))
    home, _ = draw_all(contract(LINEAR + ROWS + IN_NOTEBOOK, solution=SOLUTION))
    assert [case.key() for case in home[:240]] == [case.key() for case in away]
    assert [(case.corner, dict(case.dims)) for case in home[240:]] == 4 * [(HOME, {"N": 3, "D": 2, "M": 2})]
    cases = build(contract(LINEAR + ROWS + IN_NOTEBOOK, solution=SOLUTION)).cases
    assert sum(case.corner == HOME for case in cases.drawn) == 4
    assert len(cases) == 30


def test_a_home_that_is_not_assumed_is_refused() -> None:
    toml = LINEAR.replace("cases = 30", 'cases = 30\nassume = ["N > 3"]')
    with pytest.raises(AssignmentError, match=r"no case of \[home\] could be drawn: let its dims meet assume"):
        draw_all(contract(toml + ROWS + IN_NOTEBOOK, solution=SOLUTION))


def test_a_home_that_is_too_large_is_refused_by_its_name() -> None:
    toml = LINEAR + ROWS + IN_NOTEBOOK.replace("N = 3", "N = 900000")
    with pytest.raises(ValueError, match=r"home: inputs\.x"):
        draw_all(contract(toml, solution=SOLUTION))


def test_home_may_give_a_dim_that_an_expression_draws() -> None:
    toml = LINEAR.replace("M = [1, 3]", 'd = "ints(N, 1, 9)"\nM = "d[0]"')
    toml += ROWS + "\n[home]\nN = 3\nD = 2\n"
    given, _ = draw_all(contract(toml + "d = [2, 3, 4]\n", solution=SOLUTION))
    assert [case.dims["d"] for case in given[-4:]] == 4 * [[2, 3, 4]]
    assert [case.dims["M"] for case in given[-4:]] == 4 * [2]
    drawn_dims, _ = draw_all(contract(toml, solution=SOLUTION))
    assert len({tuple(case.dims["d"]) for case in drawn_dims[-4:]}) > 1

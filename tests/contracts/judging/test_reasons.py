"""What decided about each row, and how each line to change was found, as the judge says it for staff."""

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.reason import Explainer, Reason
from backmark.grader.model.verdict import Judgement
from tests.contracts.judging.test_conventions import MEAN, toml
from tests.contracts.making import RIGHT, build, contract, judge
from tests.contracts.values.making import STEPS, change, find_revision, judge_source
from tests.contracts.values.test_rows import judge_with as judge_other_names
from tests.corpus import four_lines

#: The line of each step, in the right source.
RELU, WEIGHT, BIAS = 14, 11, 10


@pytest.fixture(scope="module")
def linear() -> ContractRevision:
    return build(contract())


def find_reason(judgement: Judgement, row: str) -> Reason:
    """Return what decided about a row."""
    (reason,) = [reason for reason in judgement.explained_by if row in reason.rows]
    return reason


def list_numbers(reason: Reason) -> list[int]:
    return [line.line for line in reason.lines]


def test_of_a_right_submission_there_is_nothing_to_say() -> None:
    assert judge_source(four_lines.source({})).explained_by == ()


def test_a_line_is_found_by_a_change_of_it_and_the_lines_of_other_rows_are_right_and_used() -> None:
    judgement = judge_source(four_lines.source({"derivative": "all_dl_dh[layer]"}))
    first = judgement.explained_by[0]
    assert (first.explainer, first.rows, list_numbers(first)) == (Explainer.EDIT, ("relu_derivative",), [RELU])
    assert {find_reason(judgement, step).explainer for step in STEPS[:3]} == {Explainer.USED}
    assert find_reason(judgement, "any_shape").explainer is Explainer.OTHER_ROWS


def test_a_line_that_is_no_slip_is_found_by_the_solutions_value_in_its_place() -> None:
    changed = change({"bias": "{indent}{target} = np.cos(all_biases[layer]) + all_dl_df[layer] ** 3"})
    reason = find_reason(judge(find_revision(), changed), "bias_gradient")
    assert (reason.explainer, list_numbers(reason)) == (Explainer.VALUE, [BIAS])


def test_a_missing_line_is_one_of_the_template() -> None:
    reason = find_reason(judge_source(change({"weight": "{indent}pass"})), "weight_gradient")
    assert reason.explainer is Explainer.TEMPLATE


def test_in_code_of_another_form_a_line_is_found_by_its_values() -> None:
    edited = find_reason(judge_other_names("total = total + row", "total = row"), "bias_gradient")
    assert (edited.explainer, list_numbers(edited)) == (Explainer.EDIT, [22])
    judgement = judge_other_names('np.einsum("ni,nj->ij", flat, dout)', "np.cos(flat.T) @ np.sin(dout)")
    assert find_reason(judgement, "weight_gradient").explainer is Explainer.VALUE
    assert find_reason(judgement, "bias_gradient").explainer is Explainer.USED


def test_a_result_is_decided_by_its_numbers_by_a_known_mistake_or_by_what_it_claims(linear: ContractRevision) -> None:
    odd = judge(linear, RIGHT.replace("x.T @ dout", "np.tanh(x.T @ dout)"))
    assert [reason.explainer for reason in odd.explained_by] == [Explainer.EDIT] + [Explainer.RESULTS] * 3
    known = judge(linear, RIGHT.replace("x.T @ dout", "x.T @ np.ones_like(dout)"))
    assert find_reason(known, "dw") == Reason(Explainer.MISTAKE, ("dw",), mistake="upstream")
    zeros = judge(linear, RIGHT.replace("x.T @ dout", "0 * (x.T @ dout)"))
    assert (find_reason(zeros, "dw").explainer, find_reason(zeros, "dx").explainer) == (
        Explainer.NUMBERS,
        Explainer.RESULTS,
    )
    assert find_reason(zeros, "dw").mistake


def test_axes_of_length_1_are_a_slight_mistake(linear: ContractRevision) -> None:
    judgement = judge(linear, RIGHT.replace("return dout @ w.T,", "return (dout @ w.T)[None],"))
    assert find_reason(judgement, "dx").explainer is Explainer.SLIGHT


def test_a_convention_that_costs_rows_decides_about_all() -> None:
    judgement = judge(build(contract(toml(costs='costs = ["dw"]'))), MEAN)
    assert {find_reason(judgement, row).explainer for row in ("out", "dx", "dw")} == {Explainer.CONVENTION}

"""With rows: in code that no solution resembles a slip costs the row of what it must compute, in helpers, too."""

from dataclasses import replace
from functools import cache

import pytest

import tests.local
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language import row_comments
from backmark.grader.contracts.values import recorder
from backmark.grader.contracts.values.repairing import ValueRepairer
from backmark.grader.model.verdict import Judgement, Mark
from tests.contracts.making import judge
from tests.contracts.values.making import find_revision
from tests.local import local_by, local_programs

SOURCE = """
import numpy as np


def affine_forward(x, w, b):
    return np.einsum("ni,ij->nj", x.reshape(len(x), -1), w) + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    flat = x.reshape(len(x), -1)
    return pull_back(dout, w).reshape(x.shape), np.einsum("ni,nj->ij", flat, dout), add_up(dout)


def pull_back(upstream, matrix):
    return np.array([[(row * line).sum() for line in matrix] for row in upstream])


def add_up(rows):
    total = np.zeros(rows.shape[1])
    for row in rows:
        total = total + row
    return total
"""

ROWS = {"output", "input_gradient", "weight_gradient", "bias_gradient"}


@cache
def revision() -> ContractRevision:
    """Return the layer's revision, with its main solution alone."""
    affine = find_revision("cs231n-affine")
    return replace(affine, assignment=replace(affine.assignment, other_solutions=()))


def judge_with(right: str, wrong: str) -> Judgement:
    """Return the judgement on the source with a part changed."""
    assert SOURCE.count(right) == 1
    return judge(revision(), SOURCE.replace(right, wrong))


@pytest.mark.parametrize(
    ("right", "wrong", "line", "row"),
    [
        ("total = total + row", "total = row", 22, "bias_gradient"),
        ("(row * line).sum()", "(row + line).sum()", 16, "input_gradient"),
        ("rows.shape[1]", "rows.shape[0]", 20, "bias_gradient"),
        ("in rows:", "in rows[1:]:", 21, "bias_gradient"),
        ("-1), w) + b", "-1), w)", 6, "output"),
    ],
)
def test_a_slip_costs_the_row_of_what_its_line_must_compute(right: str, wrong: str, line: int, row: str) -> None:
    judgement = judge_with(right, wrong)
    (statement,) = judgement.repair
    assert [place.line for place in statement.lines] == [line]
    assert statement.rows == (row,)
    lost = {each.name for each in judgement.properties if each.name in ROWS and each.outcome is not Mark.PASSED}
    assert lost == {row}


def test_a_line_that_no_edit_mends_costs_its_row_and_what_the_submission_computes_itself_is_held() -> None:
    judgement = judge_with('np.einsum("ni,nj->ij", flat, dout)', "np.cos(flat.T) @ np.sin(dout)")
    rows = {each.name: each.outcome for each in judgement.properties if each.name in ROWS}
    assert rows["weight_gradient"] is Mark.FAILED
    assert rows["output"] is rows["input_gradient"] is rows["bias_gradient"] is Mark.PASSED


def test_a_line_is_named_though_the_solutions_values_are_kept_in_some_cases_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tests.local, "_KEPT", {})
    monkeypatch.setattr(recorder, "MOST_OCTETS", 60_000)
    (statement,) = judge_with('np.einsum("ni,nj->ij", flat, dout)', "np.cos(flat.T) @ np.sin(dout)").repair
    assert statement.rows == ("weight_gradient",)
    (kept,) = tests.local._KEPT.values()
    assert kept.recorded is not None
    assert len(kept.recorded.logs) < len(kept.recorded.cases)


def test_zeros_for_one_result_hold_the_rows_of_the_others_alone() -> None:
    judgement = judge_with("add_up(dout)\n", "np.zeros(dout.shape[1])\n")
    rows = {each.name: each.outcome for each in judgement.properties if each.name in ROWS}
    assert rows["bias_gradient"] is not Mark.PASSED
    assert rows["input_gradient"] is Mark.PASSED


def test_zeros_for_all_gradients_are_no_repair_by_values_that_holds_rows() -> None:
    changed = SOURCE[: SOURCE.index("    return pull_back")] + (
        "    return np.zeros_like(x), np.zeros_like(w), np.zeros(dout.shape[1])\n"
    )
    contract = revision().contract
    repairer = ValueRepairer(contract.assignment, contract.cases, contract.order, contract.exchange)
    answers = local_by(changed, contract.exchange).answer(contract.cases)
    lines = repairer.repair(local_programs(changed, Judge(revision())), range(len(answers)), answers)
    assert not any(line.computing or line.shown for line in lines)


def test_a_slip_in_a_line_without_a_row_costs_the_first_one_that_works_with_it() -> None:
    assignment = find_revision("coursera-dropout").assignment
    unrowed = replace(find_revision("coursera-dropout"), assignment=replace(assignment, other_solutions=()))
    source = row_comments.strip(assignment.solution).replace("dZ3 = A3 - Y", "dZ3 = (A3 - Y) / 2")
    judgement = judge(unrowed, source)
    (statement,) = judgement.repair
    assert (statement.rows, statement.hint) == (("second_layer",), "")
    rows = {row.name: row.outcome for row in judgement.properties}
    assert (rows["second_layer"], rows["first_layer"]) == (Mark.FAILED, Mark.PASSED)

"""A slip of control flow is one line and one row: of twenty in five homeworks each is named, and keeps most marks."""

from dataclasses import replace

import pytest

from backmark.grader.contracts.language.row_comments import read_solution
from backmark.grader.contracts.values.describing import find_rows
from backmark.grader.contracts.values.repairing import WrongLine
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.verdict import Judgement, Mark
from tests.contracts.making import judge
from tests.contracts.values.making import find_revision
from tests.corpus import control_flow
from tests.corpus.control_flow import ControlSlip

#: The smallest mark of one slip, of 10.
_LEAST = 7


def judge_source(entry: str, source: str) -> Judgement:
    """Return the judgement on a source, by text and by values."""
    return judge(find_revision(entry), source)


@pytest.mark.parametrize("entry", control_flow.RIGHT)
def test_a_program_without_its_slip_is_right(entry: str) -> None:
    assert judge_source(entry, control_flow.RIGHT[entry]).outcome is Outcome.PASSED


@pytest.mark.parametrize("slip", control_flow.SLIPS, ids=lambda slip: f"{slip.entry}, {slip.name}")
def test_a_slip_of_control_flow_is_named_in_its_line_and_costs_one_row(slip: ControlSlip) -> None:
    judgement = judge_source(slip.entry, slip.source)
    (statement,) = judgement.repair
    assert {line.line for line in statement.lines} <= slip.lines
    assert statement.lines
    assert len(statement.rows) == 1
    marks, most = (sum(getattr(row, name) for row in judgement.properties) for name in ("score", "max_score"))
    assert 10 * marks >= _LEAST * most


@pytest.mark.parametrize(
    ("entry", "name", "slip"),
    [
        ("udl-7.2", "a line above its guard", Slip(SlipKind.INSIDE, "", "if layer > 0:")),
        ("udl-7.2", "a constant set inside", Slip(SlipKind.EXTRA, "K = 5", "")),
        ("cs231n-rnn", "a start inside of the loop", Slip(SlipKind.OUTSIDE, "", "for t in reversed(range(T)):")),
        ("nielsen-backprop", "two lines exchanged", Slip(SlipKind.BELOW, "", "activation = sigmoid(z)")),
        ("coursera-l-model-backward", "no return", Slip(SlipKind.RETURN, "", "return dA_prev, dW, db")),
    ],
)
def test_it_is_said_where_a_line_must_stand(entry: str, name: str, slip: Slip) -> None:
    source = next(other.source for other in control_flow.SLIPS if (other.entry, other.name) == (entry, name))
    ((named,),) = (statement.slips for statement in judge_source(entry, source).repair)
    assert (named.kind, named.after) == (slip.kind, slip.after)
    assert not slip.before or named.before == slip.before


UNGUARDED = """
import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    back = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = back
        all_dl_dweights[layer] = back @ all_h[layer].T
        back = (all_weights[layer].T @ back) * indicator_function(all_f[layer - 1])
    return all_dl_dweights, all_dl_dbiases
"""


def test_a_condition_that_stands_nowhere_is_named_by_the_entry_that_does_not_exist() -> None:
    (statement,) = judge_source("udl-7.2", UNGUARDED).repair
    assert [line.line for line in statement.lines] == [12]
    assert statement.slips == (Slip(SlipKind.CONDITION, "", "layer > 0"),)


def test_what_one_function_passes_on_is_what_the_other_must_return() -> None:
    passing = control_flow.RIGHT["coursera-l-model-backward"].replace(
        "    dA_prev, dW, db = linear_backward(dZ, linear_cache)\n    return dA_prev, dW, db\n",
        "    return linear_backward(dZ, linear_cache)\n",
    )
    source = passing.replace("    return dA_prev, dW, db\n", "")
    (statement,) = judge_source("coursera-l-model-backward", source).repair
    assert statement.slips == (Slip(SlipKind.RETURN, "", "return dA_prev, dW, db"),)


def test_what_steers_and_has_no_row_costs_one_of_few_marks() -> None:
    assignment = find_revision("nielsen-backprop").assignment
    line = WrongLine(((0, 39),), None, is_steering=True)
    commented = read_solution(assignment.solution, assignment.rows)
    assert find_rows(line, assignment, commented) == ("weight_gradient",)
    assert find_rows(replace(line, is_steering=False), assignment, commented) == ()


def test_an_assert_a_print_and_a_guard_beside_a_slip_are_never_blamed() -> None:
    beside = (
        "        assert all_dl_df[layer] is not None\n"
        '        print("layer", layer)\n'
        "        all_dl_dbiases[layer] = all_dl_df[layer].copy()\n"
    )
    right = control_flow.RIGHT["udl-7.2"].replace("        all_dl_dbiases[layer] = all_dl_df[layer].copy()\n", beside)
    source = right.replace("    return all_dl_dweights", "        return all_dl_dweights")
    (statement,) = judge_source("udl-7.2", source).repair
    assert [line.line for line in statement.lines] == [19]
    assert sum(row.outcome is not Mark.PASSED for row in judge_source("udl-7.2", right).properties) == 0

"""What is wrong with a line is named by the smallest change of its own expression that is right as well."""

import pytest

from backmark.grader.contracts.language.row_comments import strip
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.verdict import Judgement, Mark
from backmark.worker.sandbox.inside.entry import EditKind
from tests.contracts.making import judge
from tests.contracts.values.making import STEPS, find_revision, judge_source, summarise
from tests.contracts.values.test_single_slips import SLIPS, rename
from tests.corpus import four_lines
from tests.night import by_day

#: The gradients without the template's lists.
FREE = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dw, db = [], []
    delta = 2 * (all_f[-1] - y)
    for w, h, f in zip(all_weights[::-1], all_h[:len(all_weights)][::-1], ([all_h[0]] + all_f[:-1])[::-1]):
        dw.insert(0, delta @ h.T)
        db.insert(0, delta.copy())
        delta = (w.T @ delta) * (f > 0)
    return dw, db
"""
#: A sign and a factor at once.
UNNAMED = ("loss", "y - all_f[K]")


def list_slips(judgement: Judgement) -> list[tuple[Slip, ...]]:
    return [statement.known_slips for statement in judgement.repair]


@pytest.mark.parametrize(("line", "text"), by_day(SLIPS, 3))
def test_a_slip_is_named(line: str, text: str) -> None:
    for source in (four_lines.source({line: text}), rename(four_lines.source({line: text}))):
        (slips,) = list_slips(judge_source(source))
        assert bool(slips) is ((line, text) != UNNAMED)


@pytest.mark.parametrize(
    ("line", "text", "slips"),
    [
        ("weight", "all_dl_df[layer] @ all_h[layer]", [(SlipKind.TRANSPOSE, "all_h[layer]", "all_h[layer].T")]),
        ("weight", "all_dl_df[layer] @ all_f[layer].T", [(SlipKind.OPERAND, "all_f[layer]", "all_h[layer]")]),
        (
            "derivative",
            "(all_f[layer] > 0) * all_dl_dh[layer]",
            [(SlipKind.INDEX, "all_f[layer]", "all_f[layer - 1]")],
        ),
        ("bias", "np.zeros_like(all_biases[layer])", [(SlipKind.UNFILLED, "", "")]),
        ("bias", "np.ones_like(all_biases[layer])", [(SlipKind.PLACEHOLDER, "", "")]),
    ],
)
def test_it_is_named_by_what_stands_there_and_what_belongs_there(
    line: str, text: str, slips: list[tuple[SlipKind, str, str]]
) -> None:
    (named,) = list_slips(judge_source(four_lines.source({line: text})))
    assert named == tuple(Slip(*slip) for slip in slips)


def test_of_a_line_that_is_muddled_nothing_is_claimed() -> None:
    judgement = judge_source(four_lines.source({"activation": "np.linalg.inv(np.eye(len(y))) + all_h[layer].sum()"}))
    assert list_slips(judgement) == [()]
    assert judgement.repair[0].wrong is not None


@pytest.mark.parametrize(
    ("right", "wrong", "slip", "row"),
    [
        ("h.T", "h", (SlipKind.TRANSPOSE, "h", "h.T"), "weight_gradient"),
        ("w.T @ delta", "w @ delta", (SlipKind.TRANSPOSE, "w", "w.T"), "activation_gradient"),
        ("f > 0", "f < 0", (SlipKind.COMPARISON, "f < 0", "f > 0"), "relu_derivative"),
        ("2 * (all_f", "(all_f", (SlipKind.FACTOR, "", "2"), "bias_gradient"),
        ("delta.copy()", "2 * delta", (SlipKind.FACTOR, "2", ""), "bias_gradient"),
        ("delta @ h.T", "2 * delta @ h.T", (SlipKind.FACTOR, "2", ""), "weight_gradient"),
    ],
)
def test_code_that_is_written_in_another_way_is_mended_by_a_slip_of_its_own(
    right: str, wrong: str, slip: tuple[SlipKind, str, str], row: str
) -> None:
    """It costs the row of the solution's line that computes the same."""
    judgement = judge_source(FREE.replace(right, wrong, 1))
    assert list_slips(judgement) == [(Slip(*slip),)]
    assert {judged.name for judged in judgement.properties if judged.outcome is Mark.FAILED} & {*STEPS} == {row}
    assert [statement.rows for statement in judgement.repair] == [(row,)]


def test_two_slips_of_such_code_are_found_together() -> None:
    both = FREE.replace("w.T @ delta", "w @ delta").replace("all_f[-1] - y", "y - all_f[-1]")
    assert [slip.kind for (slip,) in list_slips(judge_source(both))] == [SlipKind.ORDER, SlipKind.TRANSPOSE]


def test_right_code_of_that_kind_is_not_mended() -> None:
    assert summarise(judge_source(FREE)).kinds == ()


#: The same names as the notebook's, but one gradient that is carried down.
CARRIED = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    grad_w, grad_b = [None] * (K + 1), [None] * (K + 1)
    delta = np.array(d_loss_d_output(all_f[K], y))
    for i in range(K, -1, -1):
        grad_b[i] = delta.copy()
        grad_w[i] = delta @ all_h[i].T
        if i > 0:
            dh = all_weights[i].T @ delta
            delta = indicator_function(all_f[i - 1]) * dh
    return grad_w, grad_b
"""


@pytest.mark.parametrize(
    ("right", "wrong", "row"),
    [
        ("all_h[i].T", "all_h[i]", "weight_gradient"),
        ("all_weights[i].T @", "all_weights[i] @", "activation_gradient"),
        ("indicator_function(all_f[i - 1]) * dh", "dh", "relu_derivative"),
        ("all_weights[i].T", "all_weights[i - 1].T", "activation_gradient"),
    ],
)
def test_a_solution_of_another_arrangement_gives_its_rows_to_code_like_it(right: str, wrong: str, row: str) -> None:
    summary = summarise(judge_source(CARRIED.replace(right, wrong)))
    assert summary.lost == {row}
    assert summary.held == set(STEPS) - {row}


def test_a_line_of_a_helper_variable_costs_the_row_of_what_reads_it() -> None:
    source = four_lines.source({"activation": "W.T @ all_dl_df[layer]"})
    line = "        all_dl_dbiases[layer]"
    judgement = judge_source(source.replace(line, f"        W = all_weights[layer - 1]\n{line}"))
    (statement,) = judgement.repair
    assert statement.rows == ("activation_gradient",)
    assert statement.slips


def test_a_wrong_target_and_a_wrong_condition_are_named() -> None:
    source = four_lines.source({}).replace("all_dl_df[layer-1] = ", "all_dl_df[layer] = ")
    ((target,),) = list_slips(judge_source(source))
    assert target == Slip(SlipKind.INDEX, "all_dl_df[layer]", "all_dl_df[layer - 1]")
    ((condition,),) = list_slips(judge_source(four_lines.source({}).replace("layer > 0", "layer >= 0")))
    assert condition == Slip(SlipKind.COMPARISON, "layer >= 0", "layer > 0")


def test_the_kinds_of_edits_are_those_of_slips() -> None:
    assert set(map(str, EditKind)) < set(map(str, SlipKind))


def test_a_header_that_raises_in_code_of_another_kind_costs_no_step() -> None:
    source = FREE.replace("    return", "    for unit in K:\n        pass\n    return")
    judgement = judge_source(source)
    assert judgement.outcome is Outcome.ERROR
    assert [statement.rows for statement in judgement.repair] == [("any_shape",)]


def test_a_mask_that_is_drawn_otherwise_is_no_placeholder() -> None:
    revision = find_revision("cs231n-dropout")
    source = strip(revision.assignment.solution).replace(
        "(np.random.rand(*x.shape) < p) / p", "np.random.binomial(1, p, x.shape)"
    )
    (statement,) = judge(revision, source).repair
    assert SlipKind.PLACEHOLDER not in {slip.kind for slip in statement.slips}

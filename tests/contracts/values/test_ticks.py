"""A row is ticked only if a line of the submission's is shown to be right."""

import pytest

from backmark.grader.model.mended_statement import MendingKind
from backmark.grader.model.verdict import Mark
from tests.contracts.making import judge
from tests.contracts.values.making import LINES, RIGHT, STEPS, find_revision, judge_source, repair

WEIGHT, ACTIVATION = LINES["weight"], LINES["activation"]


def test_a_line_that_nothing_reads_ticks_nothing() -> None:
    """The propagation stands there, right, and is never used: the loop ends before it."""
    source = RIGHT.replace(
        LINES["derivative"].strip(), "all_dl_df[layer-1] = all_weights[layer].T @ all_dl_df[layer] + 1"
    )
    rows = {row.name: row.outcome for row in judge_source(source).properties}
    assert rows["relu_derivative"] is Mark.FAILED


@pytest.mark.parametrize(
    "wrong",
    [
        RIGHT.replace("    return", "    all_dl_dweights[0] = 2 * all_dl_dweights[0]\n    return"),
        RIGHT.replace("    return", "    all_dl_dweights = [2 * each for each in all_dl_dweights]\n    return"),
    ],
)
def test_a_line_that_overwrites_is_the_wrong_one(wrong: str) -> None:
    repaired = repair(wrong)
    assert repaired.lost == {"weight_gradient"}
    number = next(at for at, line in enumerate(wrong.splitlines(), 1) if "2 *" in line)
    assert repaired.lines == ((number,),)


def test_a_decoy_is_not_taken_for_the_line() -> None:
    wrong = WEIGHT.replace("all_h[layer].T", "all_h[layer]")
    right = WEIGHT.replace("all_dl_dweights[layer]", "unused")
    repaired = repair(RIGHT.replace(WEIGHT, f"{right}\n{wrong}"))
    assert repaired.lost == {"weight_gradient"}
    assert repaired.kinds == (MendingKind.EDIT,)


def test_the_first_wrong_number_is_of_the_submission_itself() -> None:
    (statement,) = judge_source(RIGHT.replace(WEIGHT, WEIGHT.replace("= ", "= 2 * "))).repair
    assert statement.wrong is not None
    assert statement.wrong.result.startswith("all_dl_dweights")
    assert statement.wrong.actual == pytest.approx(2 * (statement.wrong.expected or 0))


def test_a_line_in_a_helper_of_ones_own_is_not_blamed_on_the_caller() -> None:
    """The caller is right: its helper is mended with the statement that calls it, which is the one that is named."""
    helper = "def back(w, e):\n    return w @ e\n\n"
    source = helper + RIGHT.replace(ACTIVATION.strip(), "all_dl_dh[layer] = back(all_weights[layer], all_dl_df[layer])")
    repaired = repair(source)
    assert repaired.lost == {"activation_gradient"}


def test_code_that_is_right_only_where_it_may_be_mended_earns_no_rows() -> None:
    """It finds out by the names that a mended program has; its lines are none the better for that."""
    line = '    return [w if "backmark_variant" in globals() else 0 * w for w in all_dl_dweights], all_dl_dbiases'
    judgement = judge(find_revision(), RIGHT.replace(RIGHT[RIGHT.index("    return") :].splitlines()[0], line))
    assert not judgement.repair
    assert {row.outcome for row in judgement.properties if row.name in STEPS} == {Mark.NOT_RUN}

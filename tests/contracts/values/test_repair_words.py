"""What a verdict on a contract says beside the lines that must be changed."""

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.verdict import Mark, Verdict
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from tests.contracts.making import LINEAR, build, contract

ROWS = """
[home]
N = 2
D = 2
M = 2

[rubric]
out = 2
dx = 2
dw = 2

[rows.input_gradient]
title = "Gradient of the input"
marks = 2

[rows.weight_gradient]
title = "Gradient of the weights"
marks = 2

[rows.any_shape]
title = "Any shape"
marks = 2
"""
SOLUTION = """
def linear(x, w):
    return x @ w


def linear_backward(dout, x, w):
    dx = dout @ w.T  # row: input_gradient
    dw = x.T @ dout  # row: weight_gradient
    return dx, dw
"""


@pytest.fixture(scope="module")
def revision() -> ContractRevision:
    return build(contract(LINEAR + ROWS, solution=SOLUTION))


def grade(source: str, revision: ContractRevision, jails: Jails) -> Verdict:
    return Grader(Judge(revision), jails).grading(source.encode(), "a.py").verdict()


def test_a_claim_about_numbers_does_not_stand_beside_the_line(revision: ContractRevision, jails: Jails) -> None:
    """The line says more than "returns `dw` divided by 2"."""
    verdict = grade(SOLUTION.replace("x.T @ dout", "x.T @ dout / 2"), revision, jails)
    assert [(statement.rows, statement.lines[0].line) for statement in verdict.repair] == [(("weight_gradient",), 8)]
    assert (verdict.diagnosis, verdict.first_difference) == ((), None)


def test_a_mistake_that_the_author_has_described_does(revision: ContractRevision, jails: Jails) -> None:
    verdict = grade(SOLUTION.replace("x.T @ dout", "x.T @ np.ones_like(dout)"), revision, jails)
    assert [diagnosis.id for diagnosis in verdict.diagnosis] == ["upstream"]
    assert [statement.rows for statement in verdict.repair] == [("weight_gradient",)]


def test_the_row_about_shapes_names_the_rows_of_which_its_message_speaks(
    revision: ContractRevision, jails: Jails
) -> None:
    """Or it would tell of one that an assignment hides."""
    both = SOLUTION.replace("x.T @ dout", "x.T @ dout / 2").replace("dout @ w.T", "-dout @ w.T")
    rows = {row.name: row for row in grade(both, revision, jails).properties}
    assert rows["any_shape"].outcome is Mark.NOT_RUN
    assert rows["any_shape"].message
    assert rows["any_shape"].names == ("input_gradient", "weight_gradient")

"""Right numbers in arrays with other axes of length 1 cost marks once, however many results have them."""

from functools import cache

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.verdict import Judgement, Mark, Outcome
from tests.contracts.making import LINEAR, RIGHT, build, contract, judge

GRADIENTS = "return dout @ w.T, x.T @ dout"
#: An axis more in both gradients, and in the output, too.
AXES = RIGHT.replace(GRADIENTS, "return (dout @ w.T)[None], (x.T @ dout)[:, None]")
EVERYWHERE = AXES.replace("return x @ w", "return (x @ w)[..., None]")


@cache
def publish() -> ContractRevision:
    return build(contract(LINEAR))


def count(judgement: Judgement) -> dict[str, int]:
    return {row.name: row.score for row in judgement.properties if row.max_score}


def test_right_numbers_with_an_axis_more_cost_the_row_with_the_fewest_marks() -> None:
    assert count(judge(publish(), EVERYWHERE)) == {"out": 0, "dx": 2, "dw": 2}
    assert count(judge(publish(), AXES)) == {"out": 1, "dx": 0, "dw": 2}


def test_a_row_that_keeps_its_marks_is_not_called_right() -> None:
    judgement = judge(publish(), EVERYWHERE)
    rows = {row.name: row for row in judgement.properties}
    assert judgement.outcome is Outcome.FAILED
    assert [rows[name].outcome for name in ("out", "dx", "dw")] == [Mark.FAILED] * 3
    assert 'costs marks only once, in the row "`out` is correct"' in rows["dw"].message
    assert "only once" not in rows["out"].message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x.T @ dout", "2 * x.T @ dout"),
        ("(x.T @ dout)[:, None]", "(x.T @ dout).ravel()"),
        ("[:, None]", "[:, None, :1]"),
    ],
)
def test_wrong_numbers_and_other_shapes_cost_their_own_row(old: str, new: str) -> None:
    assert count(judge(publish(), EVERYWHERE.replace(old, new)))["dw"] == 0


def test_who_answers_otherwise_when_asked_again_keeps_nothing() -> None:
    source = EVERYWHERE.replace("x.T @ dout", "x.T @ dout * np.random.rand()").replace(
        "def", "import numpy as np\ndef", 1
    )
    assert count(judge(publish(), source))["dw"] == 0

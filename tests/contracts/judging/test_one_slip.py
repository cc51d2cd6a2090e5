"""A slip costs one row, however many results it makes wrong: other axes of length 1, and a mistake of the author's."""

from functools import cache

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Judgement, Mark
from tests.contracts.making import LINEAR, RIGHT, build, contract, judge

GRADIENTS = "return dout @ w.T, x.T @ dout"
#: An axis more in both gradients, and in the output, too.
AXES = RIGHT.replace(GRADIENTS, "return (dout @ w.T)[None], (x.T @ dout)[:, None]")
EVERYWHERE = AXES.replace("return x @ w", "return (x @ w)[..., None]")


#: A mistake of the author's that makes every result wrong, and one that leaves nothing of them.
DOUBLED = '"""doubles x."""\n' + RIGHT.replace("(x, w):", "(x, w):\n    x = 2 * x").replace("w.T", "(2 * w.T)").replace(
    "x.T", "(2 * x.T)"
)
ZEROS = '"""returns zeros."""\n' + RIGHT.replace("w.T", "(0 * w.T)").replace("x.T", "(0 * x.T)")


@cache
def publish() -> ContractRevision:
    return build(contract(LINEAR, mistake_doubled=DOUBLED, mistake_zeros=ZEROS))


def count(judgement: Judgement) -> dict[str, int]:
    return {row.name: row.score for row in judgement.properties if row.max_score}


def test_right_numbers_with_an_axis_more_cost_a_tenth_of_the_marks() -> None:
    assert count(judge(publish(), EVERYWHERE)) == {"out": 0, "dx": 2, "dw": 2}
    assert count(judge(publish(), AXES)) == {"out": 1, "dx": 1, "dw": 2}


def test_a_row_that_keeps_its_marks_is_not_called_right() -> None:
    judgement = judge(publish(), EVERYWHERE)
    rows = {row.name: row for row in judgement.properties}
    assert judgement.outcome is Outcome.FAILED
    assert [rows[name].outcome for name in ("out", "dx", "dw")] == [Mark.FAILED] * 3
    assert 'costs marks only once, in the row "`out`"' in rows["dw"].message
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


def test_a_mistake_of_the_authors_costs_one_row() -> None:
    assert count(judge(publish(), DOUBLED)) == {"out": 0, "dx": 2, "dw": 2}


def test_zeros_are_no_slip() -> None:
    assert count(judge(publish(), ZEROS)) == {"out": 1, "dx": 0, "dw": 0}


def test_a_slip_beside_a_mistake_of_the_authors_costs_its_own_row() -> None:
    source = DOUBLED.replace(".T) @ dout", ".T) @ dout + 1")
    assert count(judge(publish(), source)) == {"out": 0, "dx": 0, "dw": 0}


@pytest.mark.parametrize(("least", "kept"), [(4, {"out": 1, "dx": 1, "dw": 2}), (2, {"out": 1, "dx": 0, "dw": 0})])
def test_an_exception_in_a_third_of_the_cases_at_most_is_a_small_slip(least: int, kept: dict[str, int]) -> None:
    source = RIGHT.replace("    return dout", f"    assert len(x) < {least}\n    return dout")
    assert count(judge(publish(), source)) == kept


def test_an_exception_that_comes_and_goes_is_no_small_slip() -> None:
    source = "calls = []\n" + RIGHT.replace(
        "    return dout", "    calls.append(1)\n    assert len(calls) % 7\n    return dout"
    )
    judgement = judge(publish(), source)
    assert count(judgement)["dx"] == count(judgement)["dw"] == 0

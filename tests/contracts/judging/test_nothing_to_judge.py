"""Templates that nobody has filled in: they are refused, which uses no attempt."""

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Mark
from tests.contracts.making import RIGHT, build, contract, judge

FORWARD, BACKWARD = RIGHT.split("def linear_backward")


@pytest.fixture(scope="module")
def linear() -> ContractRevision:
    return build(contract())


def test_a_function_that_returns_none_for_each_result_is_refused_as_unfilled(linear: ContractRevision) -> None:
    template = "def linear(x, w):\n    out = None\n    return out\n\n\ndef linear_backward(dout, x, w):\n    "
    judgement = judge(linear, template + "dx, dw = None, None\n    return dx, dw")
    assert judgement.outcome is Outcome.REJECTED
    assert judgement.error is not None
    assert judgement.error.type == "unfilled"
    assert judgement.error.message.startswith("Your code is not filled in: ")
    assert {row.outcome for row in judgement.properties} == {Mark.NOT_RUN}


@pytest.mark.parametrize(
    "backward",
    ["return None, x.T @ dout", "return x * 0 + np.nan, w * np.nan", "return [None], [None]", "return dout, None"],
)
def test_who_returns_anything_has_handed_in_an_attempt(linear: ContractRevision, backward: str) -> None:
    source = f"{FORWARD}def linear_backward(dout, x, w):\n    {backward}\n"
    assert judge(linear, source.replace("return x @ w", "return None")).outcome is not Outcome.REJECTED

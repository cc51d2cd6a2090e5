"""A contract's smallest case, as a student reads it."""

import pytest

from grader.model.verdict import CaseCounterexample, GradedAssignment, GradedSubmission, Judgement, Verdict
from grader.subjects.contracts.revision import ContractRevision
from grader.web.pages.comparing import compare
from tests.reports.test_terminal import shown
from tests.subjects.contracts.making import build, contract, judge

POWER = """
language = 1
id = "power"
title = "A power"
cases = 20
dims.n = [3, 6]
dims.p = { of = [2, 3] }
inputs.x.shape = "n"
forward.dims = ["p"]
call.code = "loss, dx = power(x, p)"
results.loss.value = "loss"
results.dx.grad = "x"
rubric.loss = 0
"""
RIGHT = """
def power(x, p):
    return (x ** p).sum(), p * x ** (p - 1)
"""
FILES = {
    "reference": "def forward(tap, x, p):\n    return {'loss': (x ** p).sum()}\n",
    "solution": RIGHT,
    "mistake_upstream": "",
}


@pytest.fixture(scope="module")
def power() -> ContractRevision:
    return build(contract(POWER, **FILES))


def example_of(judgement: Judgement) -> CaseCounterexample:
    assert isinstance(judgement.counterexample, CaseCounterexample)
    return judgement.counterexample


def read(judgement: Judgement) -> str:
    """Return the verdict as it stands on a wide terminal, each run of spaces as one."""
    assignment = GradedAssignment("power", "0", "0" * 64, own_networks=True, kind="contract")
    return " ".join(shown(Verdict.of(GradedSubmission("0", "a.py", "0" * 64), assignment, judgement)).split())


def test_dims_that_the_call_uses_are_shown_among_the_inputs_and_no_others(power: ContractRevision) -> None:
    example = example_of(judge(power, RIGHT.replace("p * x", "2.5 * x")))
    assert [value.name for value in example.inputs] == ["p", "x"]
    assert example.inputs[0].values == example.case["p"]


def test_a_number_that_is_none_is_shown_as_what_is_wrong(power: ContractRevision) -> None:
    """A loss that overflows came back, and nothing else is wrong."""
    judgement = judge(power, RIGHT.replace("(x ** p).sum()", "float('nan')"))
    example = example_of(judgement)
    assert [(result.name, result.wrong) for result in example.results] == [("loss", 1), ("dx", 0)]
    assert [array.name for array in compare(example)] == ["loss", "dx"]
    assert " nan " in read(judgement)
    assert "First to differ: loss." in read(judgement)


def test_a_result_of_another_shape_is_said_in_a_sentence(power: ContractRevision) -> None:
    text = read(judge(power, RIGHT.replace("p * x ** (p - 1)", "(p * x ** (p - 1))[:, None]")))
    assert "It gives `dx` as an array of shape (3, 1) where an array of shape (3,) is expected." in text

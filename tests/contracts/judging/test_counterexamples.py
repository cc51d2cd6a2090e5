"""A contract's smallest case, as a student reads it."""

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.verdict import GradedAssignment, GradedSubmission, Judgement, Verdict
from backmark.grader.reports.html.comparing import compare
from tests.contracts.making import build, contract, judge
from tests.reports.test_terminal import show_verdict

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


def show(judgement: Judgement) -> str:
    """Return the verdict as it stands on a wide terminal, each run of spaces as one."""
    assignment = GradedAssignment("power", "0", "0" * 64, own_networks=True, kind="contract")
    return " ".join(show_verdict(Verdict.of(GradedSubmission("0", "a.py", "0" * 64), assignment, judgement)).split())


def test_dims_that_the_call_uses_are_shown_among_the_inputs_and_no_others(power: ContractRevision) -> None:
    judgement = judge(power, RIGHT.replace("p * x", "2.5 * x"))
    example = example_of(judgement)
    assert example.forward_only == ()
    assert "forward pass" not in show(judgement)
    assert [value.name for value in example.inputs] == ["p", "x"]
    assert example.inputs[0].values == example.case["p"]


def test_a_number_that_is_none_is_shown_as_what_is_wrong(power: ContractRevision) -> None:
    """A loss that overflows came back, and nothing else is wrong."""
    judgement = judge(power, RIGHT.replace("(x ** p).sum()", "float('nan')"))
    example = example_of(judgement)
    assert [(result.name, result.wrong) for result in example.results] == [("loss", 1), ("dx", 0)]
    assert [array.name for array in compare(example)] == ["loss", "dx"]
    assert " nan " in show(judgement)


def test_a_number_is_asked_for_in_words_rather_than_by_its_shape(power: ContractRevision) -> None:
    judgement = judge(power, RIGHT.replace("(x ** p).sum()", "(x ** p).sum()[None]"))
    assert "Your code gives `loss` as an array of shape (1,) where a single number is expected." in show(judgement)
    assert next(row for row in judgement.properties if row.name == "loss").message.endswith(
        "`loss` is an array of shape (1,), but must be a single number."
    )


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("def power(x, p):\n    return 1, 2, 3\n", "returns no results that can be read (ValueError: "),
        (
            "def power(x, p):\n    return 1 / 0, x\n",
            "Your code raised ZeroDivisionError in line 2.",
        ),
    ],
)
def test_an_error_in_the_calling_lines_is_said_to_be_there(source: str, sentence: str, power: ContractRevision) -> None:
    assert sentence in show(judge(power, source))


@pytest.mark.parametrize(("value", "words"), [("None", "None"), ("{}", "a dict"), ("'1'", "a str")])
def test_what_came_in_the_place_of_an_array_is_named(value: str, words: str, power: ContractRevision) -> None:
    text = show(judge(power, RIGHT.replace("p * x ** (p - 1)", value)))
    assert f"Your code gives `dx` as {words} where an array of shape (3,) is expected." in text


def test_the_script_prints_the_difference_of_what_is_wrong_and_of_nothing_else(
    power: ContractRevision, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = RIGHT.replace("p * x", "2.5 * x")
    exec(f"import numpy as np\n{wrong}\n{example_of(judge(power, wrong)).script}", {})  # noqa: S102 - the script is ours
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "dx, minus the expected value:"
    assert last.startswith("Differs: dx[0] is ")


def test_right_results_are_not_shown_beside_a_wrong_one(power: ContractRevision) -> None:
    """Their differences are rounding."""
    judgement = judge(power, RIGHT.replace("p * x", "2.5 * x"))
    text = show(judgement)
    results = text[text.index("expected actual") :]
    assert ("dx" in results, "loss" in results) == (True, False)


def test_a_result_of_another_shape_is_said_in_a_sentence(power: ContractRevision) -> None:
    text = show(judge(power, RIGHT.replace("p * x ** (p - 1)", "(p * x ** (p - 1))[:, None]")))
    assert "Your code gives `dx` as an array of shape (3, 1) where an array of shape (3,) is expected." in text

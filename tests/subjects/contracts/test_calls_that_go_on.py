"""Verdicts on submissions that lack a function, or raise in one of several."""

import pytest

from grader.model.verdict import Judgement, Mark, Outcome, Verdict
from grader.subjects.contracts.revision import ContractRevision
from tests.subjects.contracts.making import LINEAR, RIGHT, build, contract, judge
from tests.subjects.contracts.test_gallery import read_entry

PARTS = "abcdef"
FUNCTIONS = {
    part: f"def {part}_backward(x, dout):\n    return {number} * dout\n" for number, part in enumerate(PARTS, 1)
}
RESULTS = "".join(f'{part} = {{ grad = "x", scale = "{number}" }}\n' for number, part in enumerate(PARTS, 1))
MARKS = "".join(f"{part} = 3\n" for part in PARTS)
SIX = f"""
language = 1
id = "six"
title = "Six functions"
cases = 20

[dims]
N = [1, 4]

[inputs]
x = {{ shape = "N" }}

[upstream]
dout = "out"

[call]
code = "{"; ".join(f"{part} = {part}_backward(x, dout)" for part in PARTS)}"

[results]
{RESULTS}
[rubric]
{MARKS}
"""


@pytest.fixture(scope="module")
def six() -> ContractRevision:
    reference = "def forward(tap, x):\n    return {'out': x * 1.0}\n"
    solution = "\n\n".join(FUNCTIONS.values())
    return build(contract(SIX, reference=reference, solution=solution, mistake_upstream=""))


@pytest.fixture(scope="module")
def activations() -> ContractRevision:
    return build(read_entry("cmu-activations"))


def tally(judgement: Judgement | Verdict) -> tuple[int, int]:
    rows = judgement.properties
    return sum(row.score for row in rows), sum(row.max_score for row in rows)


def cut(source: str, name: str) -> str:
    """Return a source without a class."""
    before, _, rest = source.partition(f"class {name}")
    return before + rest[rest.index("\nclass ") + 1 :]


@pytest.mark.parametrize("missing", PARTS)
def test_one_of_six_functions_that_is_missing_costs_its_own_marks(missing: str, six: ContractRevision) -> None:
    judgement = judge(six, "\n\n".join(text for part, text in FUNCTIONS.items() if part != missing))
    assert tally(judgement) == (15, 18)
    assert {row.name: row.message for row in judgement.properties if row.outcome is Mark.FAILED and row.max_score} == {
        missing: f"`{missing}_backward` is not defined in the submission, so this could not be judged."
    }
    assert judgement.outcome is Outcome.FAILED
    assert judgement.error is not None
    assert judgement.error.message == f"name '{missing}_backward' is not defined"


def test_two_that_raise_cost_theirs_and_the_first_exception_is_told(six: ContractRevision) -> None:
    wrong = {"b": "raise ValueError('b')", "e": "raise KeyError('e')"}
    functions = {part: f"def {part}_backward(x, dout):\n    {line}\n" for part, line in wrong.items()}
    judgement = judge(six, "\n\n".join((FUNCTIONS | functions).values()))
    assert tally(judgement) == (12, 18)
    assert judgement.error is not None
    assert (judgement.error.type, judgement.error.message) == ("ValueError", "b")
    messages = {row.name: row.message for row in judgement.properties}
    assert messages["b"].endswith("there is no value: the call raised ValueError.")
    assert messages["e"].endswith("there is no value: the call raised KeyError.")


def test_a_class_that_is_missing_leaves_the_marks_of_the_others(activations: ContractRevision) -> None:
    judgement = judge(activations, cut(activations.assignment.solution, "Sigmoid"))
    assert tally(judgement) == (6, 9)
    assert {row.name for row in judgement.properties if "`Sigmoid` is not defined" in row.message} == {
        "A_sigmoid",
        "dLdZ_sigmoid",
    }


def test_a_row_of_two_results_names_every_function_that_it_lacks() -> None:
    toml = LINEAR.replace('out = { value = "out" }', 'out = { value = "out", row = "all" }').replace(
        'dw = { grad = "w" }', 'dw = { grad = "w", row = "all" }'
    )
    source = RIGHT.replace("def linear(", "def lines(").replace("def linear_backward(", "def linear_backwards(")
    judgement = judge(build(contract(toml)), f"{source}\n\ndef linear(x):\n    return linear_backward\n")
    assert judgement.outcome is Outcome.ERROR
    messages = {row.name: row.message for row in judgement.properties}
    assert messages["dx"] == "`linear_backward` is not defined in the submission, so this could not be judged."
    assert messages["all"] == messages["dx"]


def test_a_call_that_raised_never_passes() -> None:
    """Its results are all right, and a method that the lines call for its effect is missing."""
    toml = LINEAR.replace("out = linear(x, w)", "out = linear(x, w)\nLayer().reset()")
    solution = f"{RIGHT}\n\nclass Layer:\n    def reset(self): pass\n"
    revision = build(contract(toml, solution=solution, mistake_upstream=""))
    judgement = judge(revision, solution.replace("reset", "restart"))
    assert judgement.outcome is Outcome.FAILED
    assert {row.name for row in judgement.properties if row.outcome is Mark.FAILED} == {"finite_differences"}


def test_a_gradient_of_an_earlier_call_earns_nothing_where_a_later_one_raises() -> None:
    toml = LINEAR.replace(
        "dx, dw = linear_backward(dout, x, w)",
        "dx, dw = linear_backward(dout, x, w)\ndx, dw = linear_backward(dout, x, w + 0)",
    )
    once = RIGHT.replace("    return dout", "    if w.base is None: raise ValueError('again')\n    return dout")
    assert tally(judge(build(contract(toml)), once)) == (1, 5)

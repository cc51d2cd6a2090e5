"""Verdicts on submissions that lack a function, raise in one of several, or have a parameter of their own."""

import json

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import Judgement, Mark, Verdict
from backmark.grader.reports.remarks import describe_remarks
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from tests.contracts.making import LINEAR, RIGHT, build, build_shared, contract, judge
from tests.contracts.test_gallery import read_entry
from tests.sandbox.packages import pack
from tests.sandbox.test_source_notebook import notebook

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
def linear() -> ContractRevision:
    return build(contract())


@pytest.fixture(scope="module")
def activations() -> ContractRevision:
    return build_shared(read_entry("cmu-activations"))


@pytest.fixture(scope="module")
def udl() -> ContractRevision:
    return build_shared(read_entry("udl-7.2"))


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
        missing: f"`{missing}_backward` is not defined in the submission, so this row could not be judged."
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
    assert messages["b"].endswith("calling your code raised ValueError.")
    assert messages["e"].endswith("calling your code raised KeyError.")


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
    assert messages["dx"] == "`linear_backward` is not defined in the submission, so this row could not be judged."
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


@pytest.mark.parametrize(
    "cells",
    [
        ("def backward_pass(all_weights, all_biases, all_f, all_h, y, K):",),
        ("def backward_pass(all_weights, all_biases, all_f, all_h, y, x, all_layers=None):",),
        (
            "net_input = np.ones((2, 1)) * 1.2",
            "def backward_pass(all_weights, all_biases, all_f, all_h, y, net_input):",
        ),
        ("def backward_pass(all_weights, all_biases, all_f, all_h, y, indicator_function, *, d_loss_d_output):",),
    ],
)
def test_a_parameter_of_ones_own_is_given_what_bears_its_name(
    cells: tuple[str, ...], udl: ContractRevision, jails: Jails
) -> None:
    _, body = udl.assignment.solution.split("y):\n", 1)
    verdict = Grader(Judge(udl), jails).grade(notebook(*cells[:-1], f"{cells[-1]}\n{body}"), "mine.ipynb")
    assert (verdict.outcome, tally(verdict)) == (Outcome.PASSED, (10, 10))


@pytest.mark.parametrize(
    ("top", "sentence"),
    [
        ("N = 3\n", "Keep the three parameters of `linear_backward`: `N` is already a global."),
        ("", "Keep the three parameters of `linear_backward`: the homework passes no value for `N`."),
    ],
)
def test_a_parameter_of_ones_own_is_said_and_costs_what_the_author_says(top: str, sentence: str, jails: Jails) -> None:
    source = (top + RIGHT.replace("(dout, x, w)", "(dout, x, w, N)")).encode()
    for rubric, marks in (("", (5, 5)), ("[rubric]\nparameters = 2\n", (5, 7))):
        verdict = Grader(Judge(build(contract(f"{LINEAR}\n{rubric}"))), jails).grade(source, "mine.py")
        assert (verdict.outcome, tally(verdict), describe_remarks(verdict)) == (Outcome.PASSED, marks, sentence)


def test_with_the_parameters_of_the_homework_their_row_is_held(jails: Jails) -> None:
    graded = Judge(build(contract(f"{LINEAR}\n[rubric]\nparameters = 2\n")))
    verdict = Grader(graded, jails).grade(RIGHT.encode(), "mine.py")
    assert (tally(verdict), describe_remarks(verdict)) == ((7, 7), "")


def test_a_parameter_that_nothing_has_a_value_for_is_refused(udl: ContractRevision, jails: Jails) -> None:
    _, body = udl.assignment.solution.split("y):\n", 1)
    head = "def backward_pass(all_weights, all_biases, all_f, all_h, y, lr):"
    verdict = Grader(Judge(udl), jails).grade(notebook("lr_2 = 1", f"{head}\n{body}"), "mine.ipynb")
    assert verdict.error is not None
    assert (verdict.outcome, verdict.error.type) == (Outcome.REJECTED, "extra_parameter")
    assert verdict.error.message.startswith(
        "`backward_pass` on line 1 of code cell 2 (begins `def backward_pass(all_weights, all_bi...`) needs a value for"
        " its parameter `lr`, but is called as `backward_pass(all_weights, all_biases, all_f, all_h, y)`."
    )
    assert [(line.cell, line.line) for line in verdict.error.lines] == [(2, 1)]
    assert json.dumps(verdict.as_dict())


def test_a_line_that_raised_is_named_by_its_cells_first_line_and_no_text_cell_counts(
    udl: ContractRevision, jails: Jails
) -> None:
    text = {"cell_type": "markdown", "source": "# The backward pass"}
    code = [
        {"cell_type": "code", "source": source}
        for source in (
            "x = 1",
            "\n# Mine\ndef backward_pass(all_weights, all_biases, all_f, all_h, y):\n    return all_f[99]",
        )
    ]
    verdict = Grader(Judge(udl), jails).grade(json.dumps({"cells": [text, code[0], text, code[1]]}).encode(), "a.ipynb")
    assert verdict.error is not None
    assert verdict.error.traceback.startswith("  line 4 of code cell 2 (begins `# Mine`), in backward_pass\n")
    assert verdict.error.frames == (SourceLine(4, 4, code_cell=2, begins="# Mine"),)
    assert verdict.as_dict()["error"]["frames"] == [{"cell": 4, "line": 4, "code_cell": 2, "begins": "# Mine"}]


def test_a_parameter_of_a_packages_function_is_given_its_value(jails: Jails) -> None:
    toml = LINEAR.replace("[call]", '[submission]\nfile = "hw1/linear.py"\n\n[call]')
    with_parameters = RIGHT.replace("(dout, x, w)", "(dout, x, w, scale, N)")
    source = with_parameters.replace("x.T @ dout", "scale * x.T @ dout * N / len(x)")
    files = {"hw/hw1/linear.py": f"from .rates import *\n{source}", "hw/hw1/rates.py": "scale = 1.0\n"}
    verdict = Grader(Judge(build(contract(toml))), jails).grade(pack(files), "mine.zip")
    assert verdict.outcome is Outcome.PASSED


def test_a_parameter_that_is_wrongly_used_is_a_wrong_answer_with_its_case(linear: ContractRevision) -> None:
    judgement = judge(linear, RIGHT.replace("(dout, x, w)", "(dout, x, w, N)").replace("x.T @ dout", "x.T @ dout / N"))
    assert (judgement.outcome, tally(judgement)) == (Outcome.FAILED, (3, 5))
    assert isinstance(judgement.counterexample, CaseCounterexample)
    assert judgement.counterexample.case["N"] > 1

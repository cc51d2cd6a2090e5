"""The student's own functions that a notebook's check uses: the first wrong value is named, and no mark moves."""

import json

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.errors import BadAssignment
from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.checks import describe_check
from backmark.grader.reports.disclosure import disclose
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from tests.contracts import making
from tests.contracts.making import RIGHT, build, build_shared, contract, judge
from tests.contracts.test_gallery import read_entry

FORWARD = """# The forward pass
def compute_network_output(net_input, all_weights, all_biases):
    all_f, all_h = [], [net_input]
    for weights, biases in zip(all_weights, all_biases):
        all_f.append(biases + weights @ all_h[-1])
        all_h.append(np.maximum(all_f[-1], 0))
    return all_f[-1], all_f, all_h[:-1]
"""
#: Without activations; with a ReLU after the output layer as well.
LINEAR = FORWARD.replace("np.maximum(all_f[-1], 0)", "all_f[-1]")
OUTPUT = FORWARD.replace("return all_f[-1], ", "return all_h[-1], ")
OWN = "Your own `compute_network_output` gives a wrong value with K = 5 hidden layers of 6 units"
CALL = "net_output, all_f, all_h = compute_network_output(x, all_weights, all_biases)"


@pytest.fixture(scope="module")
def udl() -> ContractRevision:
    return build_shared(read_entry("udl-7.2"))


def solve(udl: ContractRevision, old: str = "", new: str = "") -> str:
    """The right backward pass, or with a mistake in it."""
    assert old in udl.assignment.solution
    return udl.assignment.solution.replace(old, new) if old else udl.assignment.solution


def grade(udl: ContractRevision, jails: Jails, *cells: str) -> Verdict:
    """The verdict on a notebook of these code cells, with a text cell before each."""
    text = {"cell_type": "markdown", "source": "Text"}
    listed = [part for cell in cells for part in (text, {"cell_type": "code", "source": cell})]
    return Grader(Judge(udl), jails).grade(json.dumps({"cells": listed}).encode(), "mine.ipynb")


def test_nothing_is_said_of_a_forward_pass_that_is_right(udl: ContractRevision, jails: Jails) -> None:
    for backward in (solve(udl), solve(udl, "all_weights[layer].T", "all_weights[layer]")):
        assert grade(udl, jails, FORWARD, backward).notebook_check is None


def test_a_forward_pass_that_is_not_filled_in_is_named_by_the_size_of_its_first_array(
    udl: ContractRevision, jails: Jails
) -> None:
    unfilled = FORWARD.replace("biases + weights @ all_h[-1]", "all_h[-1]")
    verdict = grade(udl, jails, unfilled, solve(udl))
    sentence = (
        f"{OWN}: after `{CALL}`, `all_f[0]` is an array of shape (1, 1) where an array of shape (6, 1) is expected."
    )
    assert (verdict.outcome, describe_check(verdict)[: len(sentence)]) == (Outcome.PASSED, sentence)
    assert "(1, 1)" not in describe_check(disclose(verdict, Feedback.always(Level.HINT), 1))


def test_a_forward_pass_of_flat_arrays_is_not_blamed(udl: ContractRevision, jails: Jails) -> None:
    flat = FORWARD.replace("all_f[-1], all_f,", "all_f[-1].ravel(), [f.ravel() for f in all_f],")
    assert grade(udl, jails, flat, solve(udl)).notebook_check is None


def test_a_forward_pass_of_ones_own_that_is_wrong_is_named_at_its_first_wrong_value(
    udl: ContractRevision, jails: Jails
) -> None:
    verdict = grade(udl, jails, "import numpy as np", LINEAR, solve(udl))
    check, text = verdict.notebook_check, describe_check(verdict)
    assert (verdict.outcome, verdict.score) == (Outcome.PASSED, 10)
    assert check is not None
    assert check.wrong is not None
    assert (check.wrong.result, check.wrong.expected) == ("all_h[1]", 0)
    assert check.lines == (SourceLine(4, 2, code_cell=2, begins="# The forward pass"),)
    assert text.startswith(f"{OWN}: after `{CALL}`, `all_h[1][")
    assert text.endswith(
        "; it must be 0. So do not rely on the check at the end of the notebook. Look at line 2 of code cell 2 (begins"
        " `# The forward pass`)."
    )


def test_a_relu_on_the_output_of_ones_own_forward_pass_is_noticed(udl: ContractRevision, jails: Jails) -> None:
    assert f"{OWN}: after `{CALL}`, `net_output[0, 0]` is 0; it must be -" in describe_check(
        grade(udl, jails, OUTPUT, solve(udl))
    )


def test_a_wrong_backward_pass_is_told_so_as_well(udl: ContractRevision, jails: Jails) -> None:
    wrong = solve(udl, "indicator_function(all_f[layer - 1]) * all_dl_dh[layer]", "all_dl_dh[layer]")
    verdict = grade(udl, jails, LINEAR, wrong)
    assert verdict.outcome is Outcome.FAILED
    assert describe_check(verdict).startswith(OWN)
    assert verdict.score == grade(udl, jails, FORWARD, wrong).score


@pytest.mark.parametrize(
    "forward",
    [
        FORWARD.replace("zip(all_weights, all_biases)", "list(zip(all_weights, all_biases))[: K + 1]").replace(
            "all_biases):\n    all_f", "all_biases, K=2):\n    all_f"
        ),
        FORWARD.replace("return all_f[-1], all_f", "return np.float32(all_f[-1]), all_f"),
        FORWARD.replace("all_biases):\n    all_f", "all_biases, K):\n    all_f"),
        FORWARD.replace("net_input, all", "net_input, other, all"),
        FORWARD.replace("weights @", "weights.T @"),
        FORWARD.replace("return all_f[-1], all_f,", "return all_f,"),
        "",
    ],
    ids=["extra parameter", "float32", "parameter of the case", "called otherwise", "raises", "returns less", "none"],
)
def test_nothing_is_said_of_what_was_not_seen(udl: ContractRevision, jails: Jails, forward: str) -> None:
    verdict = grade(udl, jails, "x = 1", forward or "y = 1", solve(udl))
    assert (verdict.outcome, describe_check(verdict)) == (Outcome.PASSED, "")


@pytest.mark.parametrize(
    "line",
    [
        "while True: pass",
        "import os; os._exit(0)",
        "print('x' * (1 << 22))",
        "np.matmul = np.add; print('mine')",
        "import sys; sys._getframe(3).f_locals.clear(); sys.modules.clear()",
        "raise SystemExit",
    ],
)
def test_a_hostile_forward_pass_changes_no_verdict(udl: ContractRevision, jails: Jails, line: str) -> None:
    forward = FORWARD.replace("    all_f, all_h", f"    {line}\n    all_f, all_h", 1)
    for body in (solve(udl), solve(udl, "all_weights[layer].T", "all_weights[layer]")):
        harmless, hostile = grade(udl, jails, FORWARD, body), grade(udl, jails, forward, body)
        assert (hostile.outcome, hostile.properties, hostile.output, hostile.flags) == (
            *(harmless.outcome, harmless.properties, harmless.output, harmless.flags),
        )


def test_levels_hide_of_it_what_a_students_code_can_choose(udl: ContractRevision, jails: Jails) -> None:
    verdict = grade(udl, jails, OUTPUT.replace("return all_h[-1]", "return 0 * all_h[-1] + 61803"), solve(udl))
    assert "is 6.18e+04; it must be" in describe_check(disclose(verdict, Feedback.always(Level.FULL), 1))
    hint = disclose(verdict, Feedback.always(Level.HINT), 1)
    assert describe_check(hint).startswith(f"{OWN}. So do not rely on")
    assert "61803" not in json.dumps(hint.as_dict())
    assert disclose(verdict, Feedback.always(Level.SCORE), 1).notebook_check is None
    wrong = grade(udl, jails, LINEAR, solve(udl, "all_h[layer].T)", "all_h[layer].T) * (len(all_h[0]) == 1)"))
    assert wrong.notebook_check is not None
    assert disclose(wrong, Feedback.always(Level.FULL, ("weight_gradient",)), 1).notebook_check is None


CHECKED = """
[home]
N = 3
D = 2
M = 2

[check]
code = "doubled = double(x)"
results = { doubled = "x" }
"""
DOUBLE = "def double(x):\n    return {}\n"


def test_a_contract_without_rows_may_have_one() -> None:
    revision = build(contract(making.LINEAR + CHECKED, solution=RIGHT + DOUBLE.format("1 * x")))
    homes = [case for case in revision.cases.drawn if case.corner == "home"]
    assert (len(revision.cases), len(homes)) == (30, 4)
    check = judge(revision, RIGHT + DOUBLE.format("2 * x")).notebook_check
    assert check is not None
    assert (check.shape, check.name) == ("N = 3, D = 2, M = 2", "the notebook's own check")


@pytest.mark.parametrize(
    ("check", "why"),
    [
        (CHECKED.replace("[home]\nN = 3\nD = 2\nM = 2\n", ""), "write the table [home]"),
        (CHECKED.replace("{ doubled", "{ other"), "check.results has other, which check.code does not set"),
        (CHECKED.replace('"x" }', '"y" }'), "check.results has y, which is neither an input nor"),
        (CHECKED.replace('"x" }', '"x[9]" }'), "check.results has no value in some case of the home shape"),
        (CHECKED.replace("double(x)", "2 * x"), "calls none of the students' functions"),
        (CHECKED.replace("double(x)", "(x"), "check.code is not valid Python"),
        (CHECKED.replace("double(x)", "linear(x, w)"), "check.code calls linear, which call.code calls"),
        (CHECKED.replace("double(x)", "double(x, w)"), "check.code raised TypeError"),
        (CHECKED.replace("double(x)", "2 * double(x)"), "check.code gives other values than the reference"),
        (CHECKED.replace("double(x)", "other(x)"), "check.code calls other: define this in one of the solutions"),
    ],
)
def test_a_check_that_cannot_be_right_is_refused(check: str, why: str) -> None:
    with pytest.raises(BadAssignment, match=why.replace("[", r"\[").replace("(", r"\(")):
        build(contract(making.LINEAR + check, solution=RIGHT + DOUBLE.format("1 * x")))

"""The notebook's own check beside the verdict: it is named where it says something else, and moves no mark."""

import json
from dataclasses import replace

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.errors import BadAssignment
from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import CheckReason, Outcome, Verdict
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
#: Squared activations: a right backward pass makes no gradients of that loss.
WRONG = FORWARD.replace("np.maximum(all_f[-1], 0)", "np.maximum(all_f[-1], 0) ** 2")
LINEAR = FORWARD.replace("np.maximum(all_f[-1], 0)", "all_f[-1]")
AT_END = "the check at the end of the notebook"


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


def test_a_right_notebook_whose_check_passes_hears_nothing_of_it(udl: ContractRevision, jails: Jails) -> None:
    verdict = grade(udl, jails, FORWARD, solve(udl))
    assert (verdict.outcome, verdict.notebook_check) == (Outcome.PASSED, None)


def test_a_right_backward_pass_is_told_that_its_own_forward_pass_is_why_the_check_fails(
    udl: ContractRevision, jails: Jails
) -> None:
    verdict = grade(udl, jails, "import numpy as np", WRONG, solve(udl))
    assert (verdict.outcome, verdict.score) == (Outcome.PASSED, 10)
    check = verdict.notebook_check
    assert check is not None
    assert (check.reason, check.passes) == (CheckReason.OWN_FUNCTIONS, False)
    assert check.lines == (SourceLine(4, 2, code_cell=2, begins="# The forward pass"),)
    assert describe_check(verdict) == (
        f"Your `backward_pass` is right. If {AT_END} fails, your own `compute_network_output` is the reason: with"
        " K = 5 hidden layers of 6 units, the loss that it computes does not match your gradients. Look at line 2 of"
        " code cell 2 (begins `# The forward pass`)."
    )


def test_a_forward_pass_that_raises_is_named_with_its_line(udl: ContractRevision, jails: Jails) -> None:
    verdict = grade(udl, jails, FORWARD.replace("weights @", "weights.T @"), solve(udl))
    assert verdict.outcome is Outcome.PASSED
    assert describe_check(verdict) == (
        f"Your `backward_pass` is right. But with your own `compute_network_output`, which {AT_END} uses, your code"
        " raises ValueError. Look at line 5 of code cell 1 (begins `# The forward pass`)."
    )


@pytest.mark.parametrize(
    "forward",
    [
        FORWARD.replace("return all_f[-1], all_f", "return all_f[-1] + np.random.normal(), all_f"),
        FORWARD.replace("return all_f[-1], all_f", "return np.float32(all_f[-1]), all_f"),
        FORWARD.replace("net_input, all", "net_input, other, all"),
        "",
    ],
    ids=["random", "float32", "called otherwise", "none"],
)
def test_nothing_is_said_of_what_was_not_seen(udl: ContractRevision, jails: Jails, forward: str) -> None:
    verdict = grade(udl, jails, "x = 1", forward or "y = 1", solve(udl))
    assert (verdict.outcome, describe_check(verdict)) == (Outcome.PASSED, "")


def test_a_wrong_one_that_is_right_on_the_one_shape_is_told_so(udl: ContractRevision, jails: Jails) -> None:
    wrong = solve(udl, "all_h[layer].T)", "all_h[layer].T) * (len(all_h[0]) == 1)")
    verdict = grade(udl, jails, FORWARD, wrong)
    assert verdict.outcome is Outcome.FAILED
    assert describe_check(verdict) == (
        "The check at the end of the notebook passes because it tries only one shape: K = 5 hidden layers of 6 units."
        " Your code is wrong with K = 0, D = [2, 1]."
    )
    alone = grade(udl, jails, wrong)
    assert describe_check(alone).startswith(
        "The check at the end of the notebook passes with a correct `compute_network_output` because it"
    )
    assert alone.score == verdict.score


def test_a_result_at_which_the_check_does_not_look_is_named(udl: ContractRevision, jails: Jails) -> None:
    wrong = solve(udl, "    return", "    all_dl_dweights[K] = 0 * all_weights[K]\n    return")
    assert describe_check(grade(udl, jails, FORWARD, wrong)) == (
        "The check at the end of the notebook passes because it does not look at `all_dl_dweights[5]`."
    )


def test_gradients_of_a_wrong_forward_pass_of_ones_own_pass_the_check(udl: ContractRevision, jails: Jails) -> None:
    wrong = solve(udl, "indicator_function(all_f[layer - 1]) * all_dl_dh[layer]", "all_dl_dh[layer]")
    assert describe_check(grade(udl, jails, LINEAR, wrong)) == (
        "The check at the end of the notebook passes because it compares your gradients with the loss that your own"
        " `compute_network_output` computes, and that loss is wrong. Look at line 2 of code cell 1 (begins `# The"
        " forward pass`)."
    )
    # Wrong in both: the check fails as well.
    assert describe_check(grade(udl, jails, FORWARD, wrong)) == ""


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
    forward = FORWARD.replace("    all_f, all_h", "    raise type('Leak61803', (Exception,), {})\n    all_f, all_h", 1)
    verdict = grade(udl, jails, forward, solve(udl))
    assert "Leak61803" in describe_check(disclose(verdict, Feedback(), 1))
    hint = disclose(verdict, Feedback(Level.HINT), 1)
    assert "your code raises Exception. Look at line 3 of code cell 1" in describe_check(hint)
    assert "Leak61803" not in json.dumps(hint.as_dict())
    assert disclose(verdict, Feedback(Level.SCORE), 1).notebook_check is None
    wrong = grade(udl, jails, FORWARD, solve(udl, "all_h[layer].T)", "all_h[layer].T) * (len(all_h[0]) == 1)"))
    assert describe_check(disclose(wrong, Feedback(Level.HINT), 1)).endswith("of 6 units.")
    assert disclose(wrong, Feedback(hidden=("weight_gradient",)), 1).notebook_check is None


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param(
            "cs231n-two-layer-net",
            [("loss += reg", "loss += 0.5 * reg"), ("2 * reg", "reg")],
            marks=pytest.mark.nightly,
        ),
        ("ng-nn-cost-function", [("lambda_ ", "2 * lambda_ ")]),
    ],
)
def test_gradients_of_a_wrong_loss_of_ones_own_pass_other_courses_checks(
    name: str, changes: list[tuple[str, str]]
) -> None:
    revision = build_shared(read_entry(name))
    source = revision.assignment.solution
    assert judge(revision, source).notebook_check is None
    head, body = source.split("):\n", 1)
    for old, new in changes:
        assert old in body
        body = body.replace(old, new)
    check = judge(revision, f"{head}):\n{body}").notebook_check
    assert check is not None
    assert (check.reason, check.passes, check.functions) == (
        *(CheckReason.OWN_FUNCTIONS, True, (revision.assignment.function,)),
    )


CHECKED = """
[home]
N = 3
D = 2
M = 2

[check]
code = "loss = np.sum(linear(x, w) * dout)"
"""


def test_a_contract_without_rows_may_have_one() -> None:
    revision = build(contract(making.LINEAR + CHECKED))
    homes = [case for case in revision.cases.drawn if case.corner == "home"]
    assert (len(revision.cases), len(homes)) == (30, 4)
    wrong = RIGHT.replace("x.T @ dout", "x.T @ dout * (len(x) == 3)")
    check = judge(revision, wrong).notebook_check
    assert check is not None
    assert (check.reason, check.shape, check.name) == (
        *(CheckReason.SHAPE, "N = 3, D = 2, M = 2", "the notebook's own check"),
    )


@pytest.mark.parametrize(
    ("check", "why"),
    [
        (CHECKED.replace("[home]\nN = 3\nD = 2\nM = 2\n", ""), "write the table [home]"),
        (CHECKED.replace("loss =", "cost ="), "check.code must set loss"),
        (CHECKED.replace("linear(x, w)", "x @ w"), "calls none of the students' functions"),
        (CHECKED.replace("loss =", "loss = ("), "check.code is not valid Python"),
        (CHECKED + 'unseen = ["dy"]\n', "check.unseen has dy"),
        (
            CHECKED.replace("linear(x, w)", "2 * linear(x, w)"),
            "check.code gives another derivative than dx, with",
        ),
        (CHECKED.replace("linear(x, w)", "linear(w, x, w)"), "check.code raised TypeError"),
        (CHECKED.replace("linear(x, w)", "other(x, w)"), "check.code calls other: define this in one of the solutions"),
    ],
)
def test_a_check_that_cannot_be_right_is_refused(check: str, why: str) -> None:
    with pytest.raises(BadAssignment, match=why.replace("[", r"\[").replace("(", r"\(")):
        build(contract(making.LINEAR + check))


def test_assignments_without_a_check_are_written_as_before(udl: ContractRevision) -> None:
    assert '"check"' not in replace(udl, assignment=replace(udl.assignment, check=None), stored=None).assignment_json
    assert json.loads(udl.assignment_json)["check"]["unseen"] == ["all_dl_dweights[5]", "all_dl_dbiases[5]"]

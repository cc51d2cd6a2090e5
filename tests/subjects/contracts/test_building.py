"""From drawn cases to a revision: what references may return, and what is shown meanwhile."""

import contextlib
import threading
from pathlib import Path

import pytest

from grader.errors import BadAssignment
from grader.model.stored import assignment_to_json
from grader.model.verdict import Mark, Outcome
from grader.subjects.contracts import publishing
from grader.subjects.contracts.draw import draw_all
from grader.subjects.contracts.drawn import dump_cases
from grader.subjects.contracts.revision import load
from tests.subjects.contracts.making import LINEAR, build, contract, judge
from tests.subjects.contracts.test_row_comments import ROWS
from tests.subjects.contracts.test_row_comments import SOLUTION as COMMENTED
from worker.grading.pool import Jails
from worker.grading.revisions import DrawingProcess
from worker.grading.workshop import JailWorkshop
from worker.sandbox.policy import Launch

TERMS = """
language = 1
id = "terms"
title = "A loss of two terms"
cases = 20
dims.n = [3, 6]
inputs.w.shape = "n"
call.code = "loss, dw = loss_and_gradient(w)"
results.loss.value = "loss"
results.dw.grad = "w"
rubric.loss = 0
"""
REFERENCE = """
def forward(tap, w):
    return {"parts": {"first": w}, "loss": {"data": (w ** 3).sum(), "reg": 2 * (w ** 2).sum()}}
"""
SOLUTION = """
def loss_and_gradient(w):
    return (w ** 3).sum() + 2 * (w ** 2).sum(), 3 * w ** 2 + 4 * w
"""
FILES = {"reference": REFERENCE, "solution": SOLUTION, "mistake_upstream": ""}


def test_a_loss_that_is_given_in_terms_is_compared_as_their_sum() -> None:
    revision = build(contract(TERMS, **FILES))
    assert judge(revision, SOLUTION).outcome is Outcome.PASSED
    judgement = judge(revision, SOLUTION.replace(" + 2 * (w ** 2).sum()", ""))
    assert [row.name for row in judgement.properties if row.outcome is Mark.FAILED] == ["finite_differences", "loss"]


def test_an_output_that_is_no_array_of_numbers_is_refused_by_its_name() -> None:
    with pytest.raises(BadAssignment) as refusal:
        build(contract(TERMS.replace('loss.value = "loss"', 'loss.value = "parts"'), **FILES))
    assert str(refusal.value) == (
        "results.loss: the reference's output parts is a dict that is no array of numbers: name a part of it, such as"
        " parts[0], or return its numbers under a name of their own"
    )


def test_whoever_waits_is_shown_each_run_and_how_many_there_will_be(jails: Jails) -> None:
    assignment = contract(LINEAR.replace("cases = 30", "cases = 10"))
    runs: list[tuple[str, int, int | None]] = []
    sketch = dump_cases(assignment_to_json(assignment), *draw_all(assignment))
    publishing.finish(sketch, JailWorkshop(lambda *run: runs.append(run), lambda: jails))
    assert [(number, total) for _, number, total in runs] == [(number, len(runs)) for number in range(len(runs))]
    assert (runs[0][0], runs[-1][0]) == ("reference.py", "the mistake upstream")


def test_edits_of_a_solution_with_rows_are_one_of_these_runs(jails: Jails) -> None:
    assignment = contract(LINEAR.replace("cases = 30", "cases = 10") + ROWS, solution=COMMENTED)
    runs: list[tuple[str, int, int | None]] = []
    sketch = dump_cases(assignment_to_json(assignment), *draw_all(assignment))
    data = publishing.finish(sketch, JailWorkshop(lambda *run: runs.append(run), lambda: jails))
    assert [(number, total) for _, number, total in runs] == [(number, len(runs)) for number in range(len(runs))]
    assert [statement.caught for statement in load(data).statements] == [12, 25]


#: A contract that asks for no gradient, only for values.
VALUES = """
language = 1
id = "softmax"
title = "Softmax alone"
cases = 20
inputs.z.shape = "5"
call.code = "p = softmax(z)"
results.p.value = "p"
"""
SOFTMAX = "def softmax(z):\n    e = np.exp(z - z.max())\n    return e / e.sum()\n"
VALUES_FILES = {
    "reference": "def forward(tap, z):\n    return {'p': np.exp(z) / np.exp(z).sum()}\n",
    "solution": SOFTMAX,
    "mistake_upstream": '"""forgets the sum"""\n' + SOFTMAX.replace(" / e.sum()", ""),
}


def test_a_contract_of_values_alone_needs_neither_loss_nor_dims() -> None:
    revision = build(contract(VALUES, **VALUES_FILES))
    assert revision.faults == ()
    assert judge(revision, SOFTMAX).outcome is Outcome.PASSED
    assert judge(revision, SOFTMAX.replace("z.max()", "1")).outcome is Outcome.PASSED
    wrong = judge(revision, SOFTMAX.replace("e.sum()", "e.max()"))
    assert [row.name for row in wrong.properties if row.outcome is Mark.FAILED] == ["finite_differences", "p"]
    assert wrong.counterexample is not None


def test_a_case_without_dims_is_said_to_have_none() -> None:
    with pytest.raises(BadAssignment) as refusal:
        build(contract(VALUES, **{**VALUES_FILES, "solution": SOFTMAX.replace("e.sum()", "z.sum()")}))
    assert "solution.py is not right on 60 of 60 cases: with no dims, p[0] is " in str(refusal.value)
    with pytest.raises(BadAssignment, match=r"NameError on line 2: .*not defined \(with no dims\)$"):
        build(contract(VALUES, **{**VALUES_FILES, "reference": "def forward(tap, z):\n    return softmax(z)\n"}))


@pytest.mark.parametrize("files", [{}, {"reference": "def forward(tap, x, w):\n    return None\n"}])
def test_publishing_leaves_no_process_behind(jail: Launch, files: dict[str, str]) -> None:
    def children() -> str:
        return Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text()

    assert jail
    children_before = children()
    with contextlib.suppress(BadAssignment):
        DrawingProcess(contract(LINEAR.replace("cases = 30", "cases = 10"), **files)).result()
    assert children() == children_before

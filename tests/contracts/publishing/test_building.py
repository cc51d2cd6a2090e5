"""From drawn cases to a revision: what references may return, and what is shown meanwhile."""

import contextlib
import re
import threading
from pathlib import Path

import pytest

from backmark.grader.contracts.cases.draw import draw_all
from backmark.grader.contracts.cases.drawn import dump_cases
from backmark.grader.contracts.cases.values import VARIED
from backmark.grader.contracts.judging.revision import ContractRevision, load
from backmark.grader.contracts.language.assignment import assignment_to_json
from backmark.grader.contracts.publishing import finishing, reference_run
from backmark.grader.contracts.publishing.reference_run import ReferenceRun
from backmark.grader.errors import BadAssignment
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Mark
from backmark.worker.grading.pool import Jails
from backmark.worker.grading.revisions import DrawingProcess
from backmark.worker.grading.workshop import JailWorkshop
from backmark.worker.sandbox.policy import Launch
from tests.contracts.language.test_row_comments import ROWS
from tests.contracts.language.test_row_comments import SOLUTION as COMMENTED
from tests.contracts.making import LINEAR, LocalWorkshop, build, contract, judge
from tests.contracts.making import REFERENCE as REFERENCE_OF_LINEAR

#: True of some cases with values on purpose, and of none other.
ZEROS = "not (x.all() and w.all())"
FORTY = LINEAR.replace("cases = 30", "cases = 40")
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
    finishing.finish(sketch, JailWorkshop(lambda *run: runs.append(run), lambda: jails))
    assert [(number, total) for _, number, total in runs] == [(number, len(runs)) for number in range(len(runs))]
    assert (runs[0][0], runs[-1][0]) == ("reference.py", "the mistake upstream")


def test_edits_of_a_solution_with_rows_are_one_of_these_runs(jails: Jails) -> None:
    assignment = contract(LINEAR.replace("cases = 30", "cases = 10") + ROWS, solution=COMMENTED)
    runs: list[tuple[str, int, int | None]] = []
    sketch = dump_cases(assignment_to_json(assignment), *draw_all(assignment))
    data = finishing.finish(sketch, JailWorkshop(lambda *run: runs.append(run), lambda: jails))
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
    assert re.search(r"solution\.py is not right on (\d+) of \1 cases: with no dims, p\[0\] is ", str(refusal.value))
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


def count_zeros(revision: ContractRevision) -> int:
    """Count the cases with an exact zero in an input, of as many cases as are wanted."""
    assert len(revision.cases) == 40
    inputs = [case.values() for case in revision.cases.drawn]
    return sum(not (case["x"].all() and case["w"].all()) for case in inputs)


def test_values_on_purpose_decide_where_all_solutions_are_right() -> None:
    revision = build(contract(FORTY + ROWS, solution=COMMENTED))
    assert {*VARIED} <= {case.corner for case in revision.cases.drawn}
    assert count_zeros(revision) > 0


@pytest.mark.parametrize(
    "line",
    [
        f"if {ZEROS}: raise ZeroDivisionError",
        f"if {ZEROS}: return x @ w + 1",
        f"if {ZEROS} and x.dtype == np.float32: return x @ w + np.nan",
    ],
)
def test_values_on_purpose_on_which_a_solution_fails_do_not_decide(line: str) -> None:
    solution = COMMENTED.replace("def linear(x, w):\n", f"def linear(x, w):\n    {line}\n")
    assert count_zeros(build(contract(FORTY + ROWS, solution=solution))) == 0


def test_the_reference_need_not_be_finite_on_values_on_purpose() -> None:
    reference = "import numpy as np\n" + REFERENCE_OF_LINEAR.replace("x @ w", f"x @ w * (np.nan if {ZEROS} else 1)")
    assert count_zeros(build(contract(FORTY + ROWS, solution=COMMENTED, reference=reference))) == 0


def test_cases_that_can_be_spared_are_left_out_if_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    assignment = contract(LINEAR + ROWS, solution=COMMENTED)
    cases, _ = draw_all(assignment)
    passes = ReferenceRun(assignment, LocalWorkshop())
    monkeypatch.setattr(reference_run, "MOST_IN_ALL", 4000)
    passed = passes.run(cases, spare=len(cases) - 60)
    assert 60 <= len(passed) < len(cases)
    assert [entry.case for entry in passed] == cases[-len(passed) :]
    with pytest.raises(BadAssignment, match="at most 4,000 are taken"):
        passes.run(cases, spare=10)

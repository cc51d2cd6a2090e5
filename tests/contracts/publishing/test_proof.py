"""Publishing edits each statement that counts for a row, and says which edits the cases catch."""

import json
from dataclasses import replace

import pytest

from backmark.grader.contracts.cases.draw import draw_all
from backmark.grader.contracts.cases.drawn import dump_cases
from backmark.grader.contracts.judging import revision
from backmark.grader.contracts.judging.proven_statement import EditedLine, ProvenStatement
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language.assignment import ContractAssignment, assignment_to_json
from backmark.grader.contracts.publishing import finishing, proof
from backmark.grader.contracts.publishing.preview import preview
from backmark.grader.contracts.publishing.selfcheck import selfcheck
from backmark.grader.errors import BadAssignment
from backmark.worker.grading.pool import Jails
from backmark.worker.grading.workshop import JailWorkshop
from tests.contracts.language.test_row_comments import ROWS, SOLUTION
from tests.contracts.making import LINEAR, build, contract

#: Where D is 1, a product of matrices is a product of numbers.
NARROW = LINEAR.replace("D = [1, 3]", "D = [1, 1]")


@pytest.fixture(scope="module")
def narrow() -> ContractRevision:
    return build(contract(NARROW + ROWS, solution=SOLUTION))


def test_each_statement_has_the_number_of_its_edits_and_of_those_that_are_caught() -> None:
    statements = build(contract(LINEAR + ROWS, solution=SOLUTION)).statements
    assert [(statement.line, statement.rows) for statement in statements] == [(3, ("output",)), (8, ("gradients",))]
    assert all(statement.edits == statement.caught >= 10 and statement.shown for statement in statements)


def test_an_edit_that_no_case_catches_is_spelled_out_with_its_line(narrow: ContractRevision) -> None:
    (output, _) = narrow.statements
    assert output.uncaught == (EditedLine(3, "out = x * w"),)
    assert output.caught == output.edits - 1
    assert selfcheck(narrow).statements == narrow.statements


def test_it_is_stored_and_the_revisions_id_covers_it(narrow: ContractRevision) -> None:
    loaded = revision.load(revision.dump(narrow))
    assert loaded.statements == narrow.statements
    statement = replace(narrow.statements[0], caught=1)
    assert replace(narrow, statements=(statement,)).id != narrow.id


def test_a_contract_without_rows_is_stored_as_before_there_were_any() -> None:
    assert "statements" not in revision.describe_contents(build(contract()))


def test_staff_are_shown_it(narrow: ContractRevision) -> None:
    (output, _) = json.loads(preview(narrow, selfcheck(narrow)))["statements"]
    assert (output["line"], output["uncaught"]) == (3, [{"line": 3, "text": "out = x * w"}])


def test_a_row_that_no_result_depends_on_is_refused_with_its_line() -> None:
    old = "    out = x @ w  # row: output\n    return out"
    unread = "    cache = (x, w)  # row: output\n    return x @ w"
    (fault,) = build(contract(LINEAR + ROWS, solution=SOLUTION.replace(old, unread))).faults
    assert fault.startswith("solution.py, line 3: on no case does a result depend on the row output")


def test_another_solution_proves_its_rows_too() -> None:
    other = SOLUTION.replace("out = x @ w", "out = np.dot(x, w)")
    toml = LINEAR + ROWS + '\n[solution]\nothers = ["other.py"]\n'
    statements = build(contract(toml, solution=SOLUTION, other=other)).statements
    assert [statement.file for statement in statements] == 2 * ["solution.py"] + 2 * ["other.py"]


def test_a_statement_that_is_put_into_no_submission_is_proven_all_the_same() -> None:
    """Its operands are named by a tuple inside of another, which no submission is known to have."""
    nested = "    (first, second), _ = (x, w), None\n    out = first @ second  # row: output"
    solution = SOLUTION.replace("    out = x @ w  # row: output", nested)
    built = build(contract(LINEAR + ROWS, solution=solution))
    assert not built.faults
    assert built.statements[0].caught > 5


def test_an_edit_of_an_axis_is_caught_like_any_other() -> None:
    """A keyword that an edit makes has a line, too: without one Python compiles nothing."""
    toml = LINEAR.replace('out = { value = "out" }', 'out = { value = "sums" }')
    reference = 'def forward(tap, x, w):\n    return {"out": x @ w, "sums": (x @ w).sum(0)}\n'
    solution = SOLUTION.replace("x @ w  #", "(x @ w).sum(axis=0)  #")
    mistake = '"""returns zeros."""\n' + solution.replace("(x @ w).sum(axis=0)", "np.zeros(w.shape[1])")
    built = build(contract(toml + ROWS, solution=solution, reference=reference, mistake_upstream=mistake))
    assert built.statements[0].caught > 10


def test_what_reads_like_the_statement_is_no_edit_of_it() -> None:
    """A constant of the module has a name of its own in the solution and in what is made of it."""
    solution = f"AXES = 1\n{SOLUTION}".replace("x @ w  #", "(x[:, :, None] * w).sum(axis=AXES)  #")
    (output, _) = build(contract(NARROW + ROWS, solution=solution)).statements
    assert output.line == 4
    assert all(line.text != "out = (x[:, :, None] * w).sum(axis=AXES)" for line in output.uncaught)


#: Ends the process under the edits of a number, of which two halve it.
ENDING = SOLUTION.replace(
    "    out = x @ w  # row: output\n",
    "    n = 1  # row: output\n    if {}:\n        ending()\n    out = n * (x @ w)\n",
)
ENDING = f"import os\n\n\ndef ending():\n    os._exit(0)\n\n{ENDING}"


def publish(assignment: ContractAssignment, jails: Jails) -> ContractRevision:
    """Return the revision that comes of an assignment's code in jails."""
    sketch = dump_cases(assignment_to_json(assignment), *draw_all(assignment))
    return revision.load(finishing.finish(sketch, JailWorkshop(make=lambda: jails)))


def test_an_edit_that_ends_the_process_is_caught_and_the_next_is_tried(jails: Jails) -> None:
    built = publish(contract(LINEAR + ROWS, solution=ENDING.format("n == 0.5")), jails)
    (number, gradients) = built.statements
    assert not built.faults
    assert number.edits == number.caught >= 6
    assert gradients.edits == gradients.caught >= 10


def test_a_solution_that_ends_under_many_edits_is_refused_with_its_name(jails: Jails) -> None:
    with pytest.raises(BadAssignment, match=r"solution.py ended before it had answered, with an edit of a statement"):
        publish(contract(LINEAR + ROWS, solution=ENDING.format("n != 1")), jails)


def test_a_solution_that_is_too_long_to_be_edited_is_refused_with_its_name() -> None:
    long = SOLUTION.replace("x @ w  #", f'x @ w + 0 * len("{40_000 * "a"}")  #')
    with pytest.raises(BadAssignment, match=r"^solution.py: its rows cannot be proven, since it is too long"):
        build(contract(LINEAR + ROWS, solution=long))


def test_of_many_edits_as_many_are_tried_as_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "_MOST_EDITS", 10)
    statements = build(contract(LINEAR + ROWS, solution=SOLUTION)).statements
    assert all(1 < statement.edits <= 5 for statement in statements)


def test_a_row_is_lost_by_any_of_its_statements() -> None:
    lost = ProvenStatement("a.py", 1, ("first", "second"), 3, 0, shown=True)
    kept = ProvenStatement("a.py", 2, ("first",), 3, 3, shown=True)
    (fault,) = proof.find_held([lost, kept])
    assert "a.py, line 1: on no case does a result depend on the row second" in fault

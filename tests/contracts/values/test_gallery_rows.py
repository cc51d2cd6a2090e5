"""The rows of the gallery's solutions: their tables are complete, and lines that are filled earn their marks.

That each mistake of an entry costs the rows of its lines is tested where its mistakes are judged, with the gallery.
"""

import ast
from collections.abc import Collection

import pytest

from backmark.grader.contracts.gallery import find_folder, list_gallery
from backmark.grader.contracts.language import reading, row_comments
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.row_comments import RESERVED, strip
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.row_messages import ONLY_OF_ONE
from backmark.grader.model.verdict import Mark
from tests.contracts.making import judge
from tests.contracts.values.making import find_revision


def read_entry(name: str) -> ContractAssignment:
    folder = find_folder(name)
    assert folder is not None
    assignment = reading.read(folder)
    assert isinstance(assignment, ContractAssignment)
    return assignment


ENTRIES = {entry.id: read_entry(entry.id) for entry in list_gallery()}
#: The entries whose lines are filled from the last to the first, by the lines that are filled at a time.
FILLED = {"udl-7.2": 1}
#: The entries whose mistakes are judged under other names.
RENAMED = ("coursera-linear-activation-backward", "cs224n-naive-softmax", "cs231n-softmax-loss", "skip_gram")


def unfill(source: str, lines: Collection[int]) -> str:
    """Return a source in which the statements that begin in these lines have None for what they write."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Return, ast.Expr)) and node.lineno in lines:
            node.value = ast.Constant(None)
    return ast.unparse(tree)


def rename(source: str) -> str:
    """Return a source whose functions have other names for all their variables but the parameters."""
    tree = ast.parse(source)
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
        written = dict.fromkeys(node.id for node in names if isinstance(node.ctx, ast.Store))
        for argument in function.args.args:
            written.pop(argument.arg, None)
        others = {name: f"v{number}" for number, name in enumerate(written)}
        for node in names:
            node.id = others.get(node.id, node.id)
    return ast.unparse(tree)


def lost_rows(name: str, source: str) -> set[str]:
    rows = {row.name for row in ENTRIES[name].rows}
    verdict = judge(find_revision(name), source)
    return {row.name for row in verdict.properties if row.name in rows and row.outcome is not Mark.PASSED}


def test_every_entry_has_rows() -> None:
    assert [name for name, assignment in ENTRIES.items() if not assignment.rows] == []


@pytest.mark.parametrize("name", ENTRIES)
def test_each_row_has_marks_a_title_of_its_own_and_a_question_without_a_formula(name: str) -> None:
    rows = ENTRIES[name].rows
    assert [row.name for row in rows if row.marks < 1] == []
    assert len({row.title for row in rows}) == len(rows)
    asked = [row for row in rows if row.name not in RESERVED]
    assert [row.name for row in asked if not row.hint.endswith("?") or set(row.hint) & set("=*@/")] == []


@pytest.mark.parametrize("name", ENTRIES)
def test_the_rows_are_those_of_the_solutions_and_their_marks_those_of_the_results(name: str) -> None:
    assignment = ENTRIES[name]
    rows = {row.name for row in assignment.rows} - set(RESERVED)
    solutions = [assignment.solution, *(other.source for other in assignment.other_solutions)]
    commented = [
        {row for text in row_comments.read_row_statements(source) for row in text.rows} for source in solutions
    ]
    assert commented[0] == rows
    assert all(other <= rows for other in commented)
    assert sum(row.marks for row in assignment.rows) == sum(assignment.rubric.values())


@pytest.mark.parametrize("name", FILLED)
def test_marks_rise_with_each_line_that_is_filled(name: str) -> None:
    assignment = ENTRIES[name]
    lines = [statement.first for statement in row_comments.read_row_statements(assignment.solution)]
    lines.reverse()
    source = row_comments.strip(assignment.solution)
    verdicts = [
        judge(find_revision(name), unfill(source, lines[count:])) for count in range(0, len(lines), FILLED[name])
    ]
    marks = [sum(row.score for row in verdict.properties) for verdict in verdicts]
    assert marks == sorted(marks)
    assert marks[-1] > len(assignment.rows) // 3
    assert all(verdict.outcome is not Outcome.PASSED for verdict in verdicts)


@pytest.mark.nightly
@pytest.mark.parametrize("name", RENAMED)
def test_mistakes_cost_the_same_rows_under_other_names(name: str) -> None:
    for mistake in ENTRIES[name].mistakes:
        assert lost_rows(name, rename(mistake.source)) == lost_rows(name, mistake.source) != set(), mistake.id


def test_what_is_right_only_where_a_size_is_one_is_not_right_in_any_shape_and_costs_no_more() -> None:
    source = strip(find_revision().assignment.solution)
    right = "np.matmul(all_dl_df[layer], all_h[layer].T)"
    assert right in source
    judgement = judge(find_revision(), source.replace(right, "all_dl_df[layer] * all_h[layer]"))
    rows = {row.name: row for row in judgement.properties}
    assert (rows["any_shape"].outcome, rows["any_shape"].score) == (Mark.FAILED, rows["any_shape"].max_score)
    assert rows["any_shape"].message.startswith(ONLY_OF_ONE)
    assert [row.name for row in judgement.properties if row.score < row.max_score] == ["weight_gradient"]

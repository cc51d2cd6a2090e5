"""Comments in an author's solution that say which rows a statement counts for, and the tables of these rows."""

import ast
import re
import time

import pytest

from backmark.grader.contracts.language.assignment import assignment_from_json, assignment_to_json
from backmark.grader.contracts.language.row_comments import RowCommentError, RowStatement, read_row_statements, strip
from backmark.grader.errors import BadAssignment
from tests.contracts.making import LINEAR, contract

ROWS = """
[rows.output]
title = "The output"
marks = 1
read = "Chapter 2"

[rows.gradients]
title = "The gradients"
marks = 4
hint = "What is x multiplied with?"
"""
SOLUTION = """
def linear(x, w):
    out = x @ w  # row: output
    return out


def linear_backward(dout, x, w):
    return dout @ w.T, x.T @ dout  # row: gradients
"""


def test_a_comment_belongs_to_the_statement_before_it() -> None:
    text = "def f(x):\n    a = x  # row: first\n    b = (\n        a\n    )  # row: second, third\n    return b\n"
    assert read_row_statements(text) == (RowStatement(2, 2, ("first",)), RowStatement(3, 5, ("second", "third")))


def test_a_text_that_looks_like_a_comment_is_none() -> None:
    assert read_row_statements('a = "# row: first"\n') == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("for i in x:  # row: a\n    y = i\n", "line 1: a row stands behind one statement"),
        ("# row: a\nx = 1\n", "line 1: a row stands behind one statement"),
        ("x = 1; y = 2  # row: a\n", "line 1: a row stands behind one statement"),
        ("x = 1  # row: a b\n", "line 1: write `# row: NAME`"),
        ("x = 1  # row:\n", "line 1: write `# row: NAME`"),
        ("x = [  # row: a\n]  # row: b\n", "a statement has two comments"),
    ],
)
def test_a_comment_that_names_no_row_of_a_statement_is_refused(text: str, fault: str) -> None:
    with pytest.raises(RowCommentError, match=re.escape(fault)):
        read_row_statements(text)


def test_an_assignment_has_the_rows_of_its_tables() -> None:
    assignment = contract(LINEAR + ROWS, solution=SOLUTION)
    assert [(row.name, row.marks, row.read, row.hint) for row in assignment.rows] == [
        ("output", 1, "Chapter 2", ""),
        ("gradients", 4, "", "What is x multiplied with?"),
    ]
    assert assignment_from_json(assignment_to_json(assignment)) == assignment


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("[rows.output]", "[rows.out]", "rows.out is a row of results as well: choose another name"),
        (
            "[rows.gradients]",
            "[rows.a]\ntitle = 'A'\nmarks = 0\n[rows.gradients]",
            "rows.a has no statement: write `# row: a`",
        ),
        ("marks = 4", "marks = 3", "give [rows] and [results] the same total of marks: the rows have 4, the results 5"),
        ("marks = 4", "marks = -4", "rows.gradients.marks is -4: write a whole number of marks"),
        ("marks = 4", "points = 4", "rows.gradients.points is no key of an assignment"),
        ("[rows.gradients]", "[rows.any_shape]", "rows.any_shape needs the dims of the notebook's own shape"),
    ],
)
def test_a_table_that_fits_no_comment_is_refused_with_what_to_write(old: str, new: str, fault: str) -> None:
    assert old in ROWS
    with pytest.raises(BadAssignment) as refusal:
        contract(LINEAR + ROWS.replace(old, new), solution=SOLUTION)
    assert fault in str(refusal.value)


@pytest.mark.parametrize(
    ("solution", "fault"),
    [
        (SOLUTION.replace("row: output", "row: outputs"), "solution.py, line 3: outputs has no table: write [rows.out"),
        (SOLUTION.replace("row: output", "row: form"), "solution.py, line 3: no statement counts for form"),
        (SOLUTION.replace("row: output", "row: "), "solution.py, line 3: write `# row: NAME`"),
    ],
)
def test_a_comment_without_a_table_is_refused_with_its_line(solution: str, fault: str) -> None:
    with pytest.raises(BadAssignment) as refusal:
        contract(LINEAR + ROWS, solution=solution)
    assert fault in str(refusal.value)


FREE = ROWS.replace("marks = 1", "marks = 0").replace("marks = 4", "marks = 5")


def test_a_statement_whose_rows_have_no_marks_is_refused_with_its_line() -> None:
    with pytest.raises(BadAssignment) as refusal:
        contract(LINEAR + FREE, solution=SOLUTION)
    assert "solution.py, line 3: its rows (output) have 0 marks" in str(refusal.value)
    with pytest.raises(BadAssignment, match=r"other.py, line 3: its rows \(output\) have 0 marks"):
        contract(
            f'{LINEAR}{FREE}\n[solution]\nothers = ["other.py"]\n',
            solution=SOLUTION.replace("row: output", "row: output, gradients"),
            other=SOLUTION,
        )


@pytest.mark.parametrize(
    ("toml", "solution"),
    [
        (LINEAR + FREE, SOLUTION.replace("row: output", "row: output, gradients")),
        (LINEAR + FREE + "\n[rubric]\nfinite_differences = 1\n", SOLUTION),
        ("repair = false\n" + LINEAR + FREE, SOLUTION),
    ],
)
def test_it_is_not_if_a_wrong_submission_loses_other_marks_for_it(toml: str, solution: str) -> None:
    assert contract(toml, solution=solution).rows[0].marks == 0


@pytest.mark.parametrize(
    ("home", "fault"),
    [
        ("N = 3\nD = 2\nM = 2", ""),
        ("N = 3\nD = 2", "home.M is missing"),
        ("N = 3\nD = 2\nM = 2\nC = 1", "home.C is no dim that is drawn: write one of N, D, M"),
        ('N = 3\nD = 2\nM = "two"', "home.M does not fit dims.M: write a whole number"),
        ("N = [3]\nD = 2\nM = 2", "home.N does not fit dims.N: write a whole number"),
    ],
)
def test_the_dims_of_the_notebooks_own_shape_are_those_that_are_drawn(home: str, fault: str) -> None:
    text = f"{LINEAR}\n[home]\n{home}\n"
    if not fault:
        assert contract(text).home == {"N": 3, "D": 2, "M": 2}
        return
    with pytest.raises(BadAssignment) as refusal:
        contract(text)
    assert fault in str(refusal.value)


COMMENTED = '''\
def backward(dout, x):  # the student's
    dx = dout @ x.T  \t# row: weight_gradient
    text = "# row: dx"
    table = """
    dx  # row: dx
    """  # row: table_2
    f = f"{dx}# row: dx"
    rows = [  # row: a row of numbers
        dx,#row:dx , db
    ]
    # row: alone
    return dx  # the gradient  # row: dx '''


def test_a_comment_that_names_a_row_goes_with_the_blanks_before_it_and_nothing_else_does() -> None:
    assert (
        strip(COMMENTED)
        == '''\
def backward(dout, x):  # the student's
    dx = dout @ x.T
    text = "# row: dx"
    table = """
    dx  # row: dx
    """
    f = f"{dx}# row: dx"
    rows = [  # row: a row of numbers
        dx,
    ]

    return dx  # the gradient'''
    )
    assert ast.dump(ast.parse(strip(COMMENTED))) == ast.dump(ast.parse(COMMENTED))


@pytest.mark.parametrize("text", ["", "\n\n", "x = 1", "x = 1\n\x0c\n# é\n", "x = 1\r\ny = 2  # two\r\n"])
def test_a_text_without_such_comments_stays_as_it_is(text: str) -> None:
    assert strip(text) == text


@pytest.mark.parametrize("text", ["x = (1,", "if x:\n    y\n  z\n", '"""open'])
def test_what_is_no_python_is_a_syntax_error(text: str) -> None:
    with pytest.raises(SyntaxError):
        strip(text)


@pytest.mark.parametrize("line", [f"x = 1{' ' * 90_000}# row", "# row: " * 13_000, f"# row: {'a' * 90_000}-"])
def test_a_long_line_takes_no_time(line: str) -> None:
    start = time.process_time()
    assert strip(line) == line
    assert time.process_time() - start < 1

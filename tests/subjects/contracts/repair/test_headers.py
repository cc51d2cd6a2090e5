"""A wrong header of a loop is the line that must be mended, and costs the first row inside the loop."""

from functools import cache

import pytest

from grader.model.verdict import Mark, MendingKind
from grader.subjects.contracts.revision import ContractRevision
from grader.subjects.contracts.row_comments import RowStatement, read_graded_lines
from tests.subjects.contracts.making import build, contract, judge
from tests.subjects.contracts.repair.making import RIGHT, STEPS, Repaired, change, find_revision, repair
from tests.subjects.contracts.repair.test_single_slips import rename

HEADER = "for layer in range(K, -1, -1):"
LINE = next(number for number, line in enumerate(RIGHT.splitlines(), 1) if HEADER in line)
#: With another variable than the notebook's: `layer` is `n - 1`.
SHIFTED = RIGHT.replace(HEADER, "for n in range(K + 1, 0, -1):").replace("layer", "(n - 1)")


def header(text: str, source: str = RIGHT) -> str:
    """Return a source with another header for its loop."""
    assert HEADER in source
    return source.replace(HEADER, f"for layer in {text}:")


def check(repaired: Repaired) -> None:
    """Check that the header alone must be mended, and costs the row of the first statement inside alone."""
    assert repaired.kinds == (MendingKind.REPLACE,)
    assert repaired.lines == ((LINE,),)
    assert repaired.lost == {"bias_gradient"}
    assert repaired.held == set(STEPS) - repaired.lost


@pytest.mark.parametrize(
    "text",
    [
        "range(K, 0, -1)",
        "range(K - 1, -1, -1)",
        "range(K + 1)",
        "range(K)",
        "range(0)",
        "range(K + 1, -1, -1)",
        "reversed(range(1, K))",
        "reversed(range(len(all_weights[0])))",
    ],
)
def test_a_wrong_header_costs_the_first_row_inside_and_nothing_else(text: str) -> None:
    check(repair(header(text)))
    check(repair(rename(header(text))))


def test_a_header_of_a_variable_that_counts_otherwise_is_mended_in_its_own_terms() -> None:
    assert repair(SHIFTED).marks == 10
    for text in ("range(K + 1, 1, -1)", "range(K, -1, -1)"):
        check(repair(SHIFTED.replace("range(K + 1, 0, -1)", text)))


def test_a_wrong_line_beside_a_wrong_header_costs_its_own_row() -> None:
    wrong = {"derivative": "{indent}{target} = all_dl_dh[layer]", "weight": "{indent}{target} = all_h[layer]"}
    repaired = repair(header("range(K, 0, -1)", change(wrong)))
    assert repaired.lines[0] == (LINE,)
    assert repaired.lost == set(STEPS) - {"activation_gradient"}


def test_a_line_under_a_wrong_condition_in_a_loop_of_a_wrong_header_is_found_as_well() -> None:
    guarded = change({"weight": "{indent}if K > 3:\n    {line}"})
    repaired = repair(header("range(K, 0, -1)", guarded))
    assert repaired.kinds == (MendingKind.REPLACE, MendingKind.GUARD)
    assert repaired.lost == {"bias_gradient", "weight_gradient"}


def test_a_header_that_raises_is_no_line_to_remove() -> None:
    check(repair(header("range(K.start)")))


def test_a_header_that_is_right_in_another_way_is_never_named() -> None:
    wrong = change({"weight": "{indent}{target} = all_h[layer]"})
    repaired = repair(header("reversed(range(len(all_weights)))", wrong))
    assert repaired.lost == {"weight_gradient"}


def test_publishing_edits_a_header_and_says_which_edits_are_caught() -> None:
    line = next(
        number for number, text in enumerate(find_revision().assignment.solution.splitlines(), 1) if HEADER in text
    )
    (proven,) = [statement for statement in find_revision().statements if statement.line == line]
    assert proven.rows == ("bias_gradient",)
    assert proven.shown
    assert proven.edits > 10
    assert proven.caught >= proven.edits - 2
    assert all(edit.text.startswith("for layer in ") for edit in proven.uncaught)


def test_a_header_has_the_rows_of_the_first_statement_inside_that_has_any() -> None:
    text = """def f(x, n):
    for i in range(n):
        a = i
        while a < (
            n
        ):
            a += 1  # row: first
        b = a  # row: second
    for i in x: a = i  # row: third
    for i in x:
        a = i
"""
    assert read_graded_lines(text) == (
        RowStatement(2, 2, ("first",)),
        RowStatement(4, 6, ("first",)),
        RowStatement(7, 7, ("first",)),
        RowStatement(8, 8, ("second",)),
        RowStatement(9, 9, ("third",)),
    )
    assert read_graded_lines("for i in range(3):\n    pass\n") == ()


TOML = """
language = 1
id = "powers"
title = "A product of many"
cases = 20

[dims]
T = [1, 4]
D = [2, 3]

[inputs]
x = { shape = "T D" }

[call]
code = "out = power(x)"

[results]
out = { value = "out" }

[rubric]
out = 2

[rows.product]
title = "The product"
marks = 2
"""
REFERENCE = """
def forward(tap, x):
    return {"out": np.prod(x, axis=0)}
"""
SOLUTION = """
def power(x):
    p = np.ones(x.shape[1])
    t = 0
    while t < len(x):
        p = p * x[t]  # row: product
        t += 1  # row: product
    return p
"""


@cache
def revision() -> ContractRevision:
    mistake = f'"""returns zeros."""\n{SOLUTION}'.replace("return p", "return p * 0")
    return build(contract(TOML, reference=REFERENCE, solution=SOLUTION, mistake_upstream=mistake))


@pytest.mark.parametrize("test", ["t < len(x) - 1", "t <= len(x)", "t > len(x)", "t < undefined"])
def test_the_condition_of_a_while_is_its_header(test: str) -> None:
    judgement = judge(revision(), SOLUTION.replace("t < len(x)", test))
    assert [(s.kind, [line.line for line in s.lines]) for s in judgement.repair] == [(MendingKind.REPLACE, [5])]
    rows = {row.name: row.outcome for row in judgement.properties}
    assert rows["product"] is Mark.FAILED

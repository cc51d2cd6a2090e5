"""The condition of a `while` is the header of a loop; the rows of headers are those of statements inside."""

from functools import cache

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language.row_comments import RowStatement, read_graded_lines
from backmark.grader.model.mended_statement import MendingKind
from backmark.grader.model.verdict import Mark
from tests.contracts.making import build, contract, judge

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


@pytest.mark.parametrize("test", ["t < len(x) - 1", "t <= len(x)", "t > len(x)"])
def test_the_condition_of_a_while_is_its_header(test: str) -> None:
    judgement = judge(revision(), SOLUTION.replace("t < len(x)", test))
    assert [(s.kind, [line.line for line in s.lines]) for s in judgement.repair] == [(MendingKind.EDIT, [5])]
    rows = {row.name: row.outcome for row in judgement.properties}
    assert rows["product"] is Mark.FAILED


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
        RowStatement(2, 2, ("first",), is_header=True),
        RowStatement(4, 6, ("first",), is_header=True),
        RowStatement(7, 7, ("first",)),
        RowStatement(8, 8, ("second",)),
        RowStatement(9, 9, ("third",)),
    )
    assert read_graded_lines("for i in range(3):\n    pass\n") == ()

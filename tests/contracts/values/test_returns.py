"""A wrong `return` is the line that must be mended, and costs the first row of what it returns otherwise."""

from functools import cache

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.verdict import Mark
from tests.contracts.making import LINEAR, build, contract, judge

ROWS = """
[rows.output]
title = "The output"
marks = 1

[rows.inputs]
title = "The gradient by the inputs"
marks = 2

[rows.weights]
title = "The gradient by the weights"
marks = 2
"""
SOLUTION = """
def linear(x, w):
    out = x @ w  # row: output
    return out


def linear_backward(dout, x, w):
    dx = dout @ w.T  # row: inputs
    dw = x.T @ dout  # row: weights
    return dx, dw
"""
RENAMED = SOLUTION.replace("dx", "first").replace("dw", "second")
INLINED = """
def linear(x, w):
    return x @ w


def linear_backward(dout, x, w):
    dx = dout @ w.T
    return dx, x.T @ dout
"""


@cache
def revision() -> ContractRevision:
    return build(contract(LINEAR + ROWS, solution=SOLUTION))


@pytest.mark.parametrize(
    ("source", "old", "new", "row"),
    [
        (SOLUTION, "return dx, dw", "return dw, dx", "inputs"),
        (SOLUTION, "return dx, dw", "return dx * 2, dw", "inputs"),
        (SOLUTION, "return dx, dw", "return dx, dw / len(x)", "weights"),
        (SOLUTION, "return dx, dw", "return dx, undefined", "weights"),
        (SOLUTION, "return out", "return 2 * out", "output"),
        (RENAMED, "return first, second", "return second, first", "inputs"),
        (RENAMED, "return first, second", "return first, second.T", "weights"),
        (INLINED, "return x @ w", "return w @ x", "output"),
        (INLINED, "return dx, x.T @ dout", "return dx, x.T @ dout / len(x)", "weights"),
        (INLINED, "return dx, x.T @ dout", "return 2 * dx, x.T @ dout", "inputs"),
    ],
)
def test_a_wrong_return_costs_the_row_of_what_it_returns_otherwise(source: str, old: str, new: str, row: str) -> None:
    assert old in source
    wrong = source.replace(old, new)
    line = next(number for number, text in enumerate(wrong.splitlines(), 1) if new in text)
    judgement = judge(revision(), wrong)
    assert [([line.line for line in mended.lines], mended.rows) for mended in judgement.repair] == [([line], (row,))]
    rows = {known.name: known.outcome for known in judgement.properties}
    assert rows[row] is Mark.FAILED


def test_a_right_return_of_wrong_values_is_never_named() -> None:
    judgement = judge(revision(), RENAMED.replace("dout @ w.T", "2 * dout @ w.T").replace("x.T @ dout", "x.T @ -dout"))
    assert [mended.rows for mended in judgement.repair] == [("inputs",), ("weights",)]

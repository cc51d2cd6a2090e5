"""Single edits of a statement: the slips of real students, each once and never what stands there."""

import ast

import pytest

from backmark.worker.sandbox.inside.entry import MOST_EDITS, EditKind
from backmark.worker.sandbox.inside.writing.edits import list_edits
from backmark.worker.sandbox.inside.writing.groups import read_functions

HEAD = "def f(W, h, df, layer):\n    dW = {}\n    for layer in range(3):\n        other = dW\n    return dW\n"


def edit(statement: str) -> dict[str, list[str]]:
    """Return the edited texts of a statement by their kinds."""
    function = read_functions(ast.parse(HEAD.replace("dW = {}", statement)))["f"]
    edits: dict[str, list[str]] = {kind: [] for kind in EditKind}
    for each in list_edits(function.groups[0], function):
        edits[each.kind] += map(ast.unparse, each.nodes)
    return edits


@pytest.mark.parametrize(
    ("statement", "kind", "edited"),
    [
        ("dW = df[layer] @ h[layer].T", "transpose", "dW = df[layer] @ h[layer]"),
        ("dW = df[layer] @ h[layer].T", "transpose", "dW = df[layer].T @ h[layer].T"),
        ("dW = df[layer] @ h[layer].T", "index", "dW = df[layer] @ h[layer - 1].T"),
        ("dW = df[layer] @ h[layer].T", "product", "dW = df[layer] * h[layer].T"),
        ("dW = df[layer] @ h[layer].T", "order", "dW = h[layer].T @ df[layer]"),
        ("dW = df[layer] @ h[layer].T", "operand", "dW = df[layer] @ W[layer].T"),
        ("dW = df @ self.W", "transpose", "dW = df @ self.W.T"),
        ("dW = np.dot(df, h.T)", "product", "dW = df * h.T"),
        ("dW = (h > 0) * df", "factor", "dW = df"),
        ("dW = (h > 0) * df", "comparison", "dW = (h >= 0) * df"),
        ("dW = df - h", "sign", "dW = df + h"),
        ("dW = np.sum(df, axis=0)", "axis", "dW = np.sum(df, axis=1)"),
        ("dW = np.sum(df, axis=0)", "mean", "dW = np.mean(df, axis=0)"),
        ("dW = h.dot(df)", "order", "dW = df @ h"),
        ("dW = relu(df)", "call", "dW = df"),
        ("dW = h[layer - 1]", "index", "dW = h[layer]"),
        ("dW = h[f'W{layer}']", "index", "dW = h[f'W{layer - 1}']"),
        # An exponent is no factor.
        ("dW = df**2", "operator", "dW = df"),
    ],
)
def test_a_slip_is_among_the_edits_of_the_right_line(statement: str, kind: str, edited: str) -> None:
    assert edited in edit(statement)[kind]


@pytest.mark.parametrize(
    "statement",
    [
        "dW = df[layer] @ h[layer].T",
        "dW = np.random.randn(*W.shape)",
        "dW = {}",
        "dW = [df for _ in h]",
        "dW = h[f'W{layer:02}']",
    ],
)
def test_edits_are_different_and_none_is_the_statement(statement: str) -> None:
    texts = [text for kind in edit(statement).values() for text in kind]
    assert len(texts) == len(set(texts))
    assert ast.unparse(ast.parse(statement)) not in texts
    for text in texts:
        compile(text, "<edit>", "exec")


def test_a_long_statement_has_edits_of_every_kind_up_to_a_number() -> None:
    edits = edit(f"dW = {' + '.join(['df[layer] @ h[layer].T * 2 - W'] * 30)}")
    assert sum(map(len, edits.values())) == MOST_EDITS
    assert all(edits[kind] for kind in ("index", "transpose", "operand", "product", "sign", "constant"))


def test_a_number_that_no_float_holds_is_not_edited() -> None:
    assert edit(f"dW = {10**400} * df")["constant"] == []

"""What a statement writes, and sums in their shortest form."""

import ast

import pytest

from backmark.worker.sandbox.inside.writing.targets import simplify, target_of


@pytest.mark.parametrize(
    ("statement", "names", "how"),
    [
        ("dW[k] = 1", ("dW",), "="),
        ("self.dW = 1", ("self.dW",), "="),
        ("grads['W1'] += 1", ("grads",), "+="),
        ("a, b = f()", ("a", "b"), "="),
        ("zs.append(z)", ("zs",), "call"),
        ("np.add.at(dW, x, dout)", ("dW",), "call"),
        ("return dx", ("return",), "return"),
        ("assert x", ("",), "bare"),
        ("print(x)", ("",), "bare"),
    ],
)
def test_a_statement_writes_its_target(statement: str, names: tuple[str, ...], how: str) -> None:
    target = target_of(ast.parse(statement).body[0])
    assert target is not None
    assert (target.names, target.how) == (names, how)


@pytest.mark.parametrize("statement", ["'text'", "import os", "a = b = 1", "a[0], b[1] = 1, 2", "for i in x: pass"])
def test_a_statement_that_cannot_be_edited_has_no_target(statement: str) -> None:
    assert target_of(ast.parse(statement).body[0]) is None


@pytest.mark.parametrize(
    ("text", "short"), [("k + 1 - 1", "k"), ("1 + k + 2", "k + 3"), ("-(-k)", "k"), ("2 * k", "2 * k"), ("3 - 1", "2")]
)
def test_a_sum_is_written_in_its_shortest_form(text: str, short: str) -> None:
    assert ast.unparse(simplify(ast.parse(text, mode="eval").body)) == short

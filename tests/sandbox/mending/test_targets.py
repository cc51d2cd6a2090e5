"""What a statement writes, and the loop variables of the solution in a submission's terms."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.worker.sandbox.inside.mending.targets import simplify, solve, target_of


def keys_of(text: str) -> tuple[ast.expr, ...]:
    target = target_of(ast.parse(f"{text} = 0").body[0])
    assert target is not None
    return target.keys


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
def test_a_statement_that_cannot_be_mended_has_no_target(statement: str) -> None:
    assert target_of(ast.parse(statement).body[0]) is None


@pytest.mark.parametrize(
    ("solution", "own", "value"),
    [
        ("df[layer - 1]", "df[layer]", "layer + 1"),
        ("df[layer - 1]", "df[k - 1]", "k"),
        ("df[layer]", "df[K - k]", "K - k"),
        ("df[-layer]", "df[-layer]", "layer"),
        ("df[n - layer]", "df[k]", "n - k"),
        ("grads['dW' + str(layer + 1)]", "grads['dW' + str(k)]", "k - 1"),
        ("grads['dW' + str(layer)]", "grads[f'dW{k}']", "k"),
        ("grads['dW' + str(layer)]", "grads['dW%d' % k]", "k"),
        ("h[:, layer]", "h[:, t]", "t"),
        ("dW[:, y[layer]]", "dW[:, y[k]]", "k"),
        ("dW[:, y[layer]]", "dW[:, y[layer]]", "layer"),
    ],
)
def test_the_index_of_a_target_gives_the_loop_variable(solution: str, own: str, value: str) -> None:
    bindings = solve(keys_of(solution), keys_of(own), frozenset({"layer"}), frozenset({"k", "t", "layer"}))
    assert bindings is not None
    assert ast.unparse(bindings["layer"]) == value


@pytest.mark.parametrize(
    ("solution", "own"),
    [
        ("grads['W1']", "grads['W2']"),
        ("df[K]", "df[k]"),
        ("df[0]", "df[1]"),
        ("df[layer * 2]", "df[k]"),
        ("df[layer]", "df['a']"),
        ("df[layer]", "df[k][0]"),
    ],
)
def test_keys_that_are_other_places_do_not_match(solution: str, own: str) -> None:
    assert solve(keys_of(solution), keys_of(own), frozenset({"layer"}), frozenset({"k"})) is None


@given(st.integers(-5, 5), st.integers(-5, 5), st.integers(0, 20))
def test_a_loop_variable_that_is_solved_is_the_one(shift: int, own_shift: int, k: int) -> None:
    bindings = solve(
        keys_of(f"df[layer + {shift}]"), keys_of(f"df[k + {own_shift}]"), frozenset({"layer"}), frozenset("k")
    )
    assert bindings is not None
    layer = eval(ast.unparse(bindings["layer"]), {"k": k})  # noqa: S307 - a sum of our own
    assert layer + shift == k + own_shift


@pytest.mark.parametrize(
    ("text", "short"), [("k + 1 - 1", "k"), ("1 + k + 2", "k + 3"), ("-(-k)", "k"), ("2 * k", "2 * k"), ("3 - 1", "2")]
)
def test_a_sum_is_written_in_its_shortest_form(text: str, short: str) -> None:
    assert ast.unparse(simplify(ast.parse(text, mode="eval").body)) == short

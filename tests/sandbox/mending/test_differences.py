"""The changes that lead from a statement to the one that belongs there: few, and each of a kind with a name."""

import ast

import pytest

from backmark.worker.sandbox.inside.mending.differences import list_differences, list_differences_of_groups

WEIGHTS = "g = np.matmul(df[layer], h[layer].T)"
MASK = "g = indicator(f[layer - 1]) * dh[layer]"


def spell(part: ast.AST | None) -> str:
    return "" if part is None else ast.unparse(part)


def list_changes(own: str, wanted: str) -> list[list[tuple[str, str, str]]]:
    """Return of each edit its changes, as text."""
    edits = list_differences(ast.parse(own).body[0], ast.parse(wanted).body[0], 0)
    return [[(change.kind, spell(change.before), spell(change.after)) for change in edit.changes] for edit in edits]


@pytest.mark.parametrize(
    ("own", "wanted", "change"),
    [
        ("g = np.matmul(df[layer], h[layer])", WEIGHTS, ("transpose", "h[layer]", "h[layer].T")),
        ("g = df[layer - 1] @ h[layer].T", WEIGHTS, ("index", "df[layer - 1]", "df[layer]")),
        ("g = df[layer].dot(f[layer].T)", WEIGHTS, ("operand", "f[layer]", "h[layer]")),
        ("g = h[layer].T @ df[layer]", WEIGHTS, ("order", "h[layer].T @ df[layer]", "df[layer] @ h[layer].T")),
        ("g = df[layer] * h[layer].T", WEIGHTS, ("product", "df[layer] * h[layer].T", "df[layer] @ h[layer].T")),
        ("g = 2 * np.matmul(df[layer], h[layer].T)", WEIGHTS, ("factor", "2", "")),
        ("g = -df[layer] @ h[layer].T", WEIGHTS, ("sign", "-df[layer]", "df[layer]")),
        ("g = df[layer]", WEIGHTS, ("factor", "", "h[layer].T")),
        ("g = dh[layer].copy()", MASK, ("factor", "", "indicator(f[layer - 1])")),
        ("g = dh[layer] * indicator(f[layer])", MASK, ("index", "f[layer]", "f[layer - 1]")),
        ("g = dh[layer] * f[layer - 1]", MASK, ("call", "f[layer - 1]", "indicator(f[layer - 1])")),
        ("d = np.mean(x, axis=0)", "d = np.sum(x, axis=0)", ("mean", "np.mean(x, axis=0)", "np.sum(x, axis=0)")),
        ("d = x.sum()", "d = np.sum(x, axis=0)", ("axis", "x.sum()", "x.sum(axis=0)")),
        ("d = np.sum(x, 1)", "d = np.sum(x, axis=0)", ("axis", "np.sum(x, 1)", "np.sum(x, axis=0)")),
        ("d = a * b", "d = a * b / m", ("divisor", "", "m")),
        ("d = a / n", "d = a / (n * c)", ("divisor", "", "c")),
        ("d = a / (2 * n)", "d = a / n", ("divisor", "2", "")),
        ("d = a + b", "d = b + c * e + a", ("term", "", "c * e")),
        ("d = a + b", "d = a - b", ("sign", "a + b", "a - b")),
        ("d = x >= 0", "d = x > 0", ("comparison", "x >= 0", "x > 0")),
        ("d = 1 - t", "d = 1 - t ** 2", ("operand", "t", "t ** 2")),
        ("d += a", "d = a", ("assignment", "d += a", "d = a")),
        ("d = a @ ([x] + zs)[-2].T", "d = a @ b[-2].T", ("operand", "([x] + zs)[-2]", "b[-2]")),
        ("d = 3 * a", "d = 2 * a", ("constant", "3", "2")),
    ],
)
def test_one_slip_is_one_change(own: str, wanted: str, change: tuple[str, str, str]) -> None:
    assert list_changes(own, wanted) == [[change]]


def test_two_slips_are_undone_one_at_a_time_and_together() -> None:
    transpose, index = ("transpose", "h[layer - 1]", "h[layer - 1].T"), ("index", "h[layer - 1]", "h[layer]")
    changes = list_changes("g = np.matmul(df[layer], h[layer - 1])", WEIGHTS)
    both = ("index", "h[layer - 1]", "h[layer].T")
    assert changes == [[transpose], [index], [both, ("transpose", "", "")]]


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        ("g = np.dot(df[layer], np.transpose(h[layer]))", WEIGHTS),
        ("g = dh[layer] * indicator(f[layer - 1])", MASK),
        ("g = np.multiply(np.array(dh[layer]), indicator(f[layer - 1].copy()))", MASK),
        ("d = c + (a + b)", "d = b + a + c"),
        ("pass", WEIGHTS),
    ],
)
def test_what_computes_the_same_does_not_differ(own: str, wanted: str) -> None:
    assert list_changes(own, wanted) == []


def test_of_code_that_has_hardly_anything_in_common_nothing_is_claimed() -> None:
    assert list_changes("g = np.einsum('i,j->ij', a, b) + 3", WEIGHTS) == []


@pytest.mark.parametrize("operator", ["+", "*", "-", "@", "**"])
def test_a_long_statement_is_compared_as_far_as_it_can_be(operator: str) -> None:
    for length in (10, 50, 1000):
        long = f" {operator} ".join(f"a{i}" for i in range(length))
        changes = list_changes(f"g = {long}", f"g = {long.replace('a7', 'b')}")
        assert changes == ([[("operand", "a7", "b")]] if length == 10 else changes[:1])


def test_a_statement_of_several_that_is_missing_or_too_much_is_found() -> None:
    right = ast.parse("dx = probs.copy()\ndx[i, y] -= 1\ndx /= N").body
    short, long = [right[0], right[2]], [*right, *ast.parse("dx *= 2").body]
    (missing,), (extra,) = list_differences_of_groups(short, right), list_differences_of_groups(long, right)
    assert (missing.place, [ast.unparse(node) for node in missing.nodes]) == (0, ["dx = probs.copy()", "dx[i, y] -= 1"])
    assert (missing.kind, spell(missing.changes[0].after)) == ("missing", "dx[i, y] -= 1")
    assert (extra.place, extra.nodes, extra.kind) == (3, (), "overwrites")
    assert list_differences_of_groups(right[:1], right) == []

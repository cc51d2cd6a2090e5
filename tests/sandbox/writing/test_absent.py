"""A line of the template that a submission lacks stands again where it stood, and writes nothing there."""

import ast

import pytest

from backmark.worker.sandbox.inside.writing.absent import restore_lines

TEMPLATE = """
def f(x, scale):
    parts = [None] * 3
    for k in range(3):
        parts[k] = None
        total = None
        if k > 0:
            x[k] = None
    return total, parts
"""
LINES = TEMPLATE.splitlines()


def restore(source: str) -> list[str]:
    """Return the text of a program with the template's lines, and on which line each is said to stand."""
    tree = ast.parse(source)
    restored = restore_lines(tree, TEMPLATE)
    assert all(node in list(ast.walk(tree)) for node in restored)
    compile(tree, "restored.py", "exec")
    return [f"{node.lineno} {ast.unparse(node)}" for node in restored]


def fill(**lines: str) -> str:
    """Return the template with other lines in the place of those that begin with a target."""
    changed = {"parts": "parts[k] = x * k", "total": "total = parts[k] * scale", "x": "x[k] = total", **lines}
    texts = {"parts[k] =": changed["parts"], "total =": changed["total"], "x[k] =": changed["x"]}
    filled = []
    for line in LINES:
        text = next((new for begun, new in texts.items() if line.strip().startswith(begun)), line.strip())
        filled.append(line[: len(line) - len(line.lstrip())] + text)
    return "\n".join(filled)


def test_nothing_is_missing_in_a_template_that_is_filled() -> None:
    assert restore(fill()) == []


@pytest.mark.parametrize(
    ("lines", "restored"),
    [
        # Behind the line before it, before the one behind it, at the beginning of the condition around it.
        ({"total": "pass"}, ["5 total = None"]),
        ({"parts": "pass"}, ["6 parts[k] = None"]),
        ({"x": "pass"}, ["8 x[k] = None"]),
        ({"x": "raise NotImplementedError('your code')"}, ["8 x[k] = None"]),
    ],
)
def test_a_line_stands_beside_those_of_its_block(lines: dict[str, str], restored: list[str]) -> None:
    assert restore(fill(**lines)) == restored


def test_what_raised_for_want_of_a_line_does_no_more() -> None:
    tree = ast.parse(fill(x="raise NotImplementedError"))
    restore_lines(tree, TEMPLATE)
    assert "raise" not in ast.unparse(tree)


@pytest.mark.parametrize(
    "lines",
    [
        # Filled in another way, in one go, and in entries that the template has not.
        {"parts": "parts.append(x)"},
        {"parts": "parts = x * 3"},
        {"x": "x[k, 0] = total"},
        {"x": "x += total"},
    ],
)
def test_what_is_written_in_a_way_of_its_own_is_not_missing(lines: dict[str, str]) -> None:
    restored = restore(fill(**lines))
    assert not any("parts" in line for line in restored if "parts" in lines)
    assert not any("x[k]" in line for line in restored if "x" in lines)


def test_a_line_that_nothing_would_read_is_not_missing() -> None:
    assert restore(fill(total="pass").replace("total, ", "").replace("= total", "= 1")) == []


def test_a_function_of_which_there_are_two_is_left_as_it_is() -> None:
    source = fill(x="pass")
    assert restore(source + source) == []


def test_where_the_template_itself_raises_each_line_finds_its_place() -> None:
    template = TEMPLATE.replace("        total = None", "        raise NotImplementedError\n        total = None")
    tree = ast.parse(fill(parts="raise NotImplementedError", total="raise NotImplementedError"))
    assert [ast.unparse(node) for node in restore_lines(tree, template)] == ["parts[k] = None", "total = None"]
    assert "raise" not in ast.unparse(tree)


def test_a_long_function_is_read_once_for_all_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line that is missing looks for its place among all that the function has."""
    read: list[ast.AST] = []
    unparse = ast.unparse

    def note(node: ast.AST) -> str:
        read.append(node)
        return unparse(node)

    monkeypatch.setattr(ast, "unparse", note)
    lines = "\n".join(f"    line_{i} = None" for i in range(100))
    own = "\n".join(f"    own_{i} = line_{i}" for i in range(100))
    restored = restore_lines(ast.parse(f"def f(x):\n{own}\n    return x"), f"def f(x):\n{lines}\n    return x")
    assert len(restored) == 100
    # A few times for each line, and not once for each line of the function.
    assert len(read) < 100 * 12

"""Statements of a solution are matched with a submission's, and stand where what they read is there."""

import ast
from collections.abc import Mapping

import pytest

from backmark.worker.sandbox.inside.mending.groups import list_functions
from backmark.worker.sandbox.inside.mending.matching import FunctionPair, Matcher
from backmark.worker.sandbox.inside.mending.scripts import Mending, Operation
from backmark.worker.sandbox.inside.mending.ticks import TICK
from backmark.worker.sandbox.inside.mending.translation import SolutionNames


class Bench:
    """A solution and a submission of one function `f`, matched by their texts alone."""

    def __init__(self, solution: str, submission: str) -> None:
        tree = ast.parse(submission)
        own = list_functions([tree])
        pairs = Matcher(list_functions([ast.parse(solution)]), own).pairs
        self.pair: FunctionPair = pairs["f"]
        self.mending = Mending([tree], pairs, SolutionNames(frozenset(), frozenset(), {}), list(own))

    @property
    def lines(self) -> Mapping[int, int]:
        """By the line of a statement of the submission's the line of the likeliest of the solution's."""
        likeliest = (matches[0] for matches in self.pair.matches.values() if matches)
        return {match.own.line: match.solution.line for match in likeliest}

    def operation(self, kind: str, line: int) -> Operation:
        """Return an operation on the submission's statement in a line, by the likeliest of the solution's."""
        matches = next(known for known in self.pair.matches.values() if known and known[0].own.line == line)
        return kind, matches[0].own.number, matches[0].solution.number

    def apply(self, *operations: Operation) -> list[str]:
        """Return the lines of the submission's function after operations."""
        (tree,) = self.mending.apply(operations)
        compile(tree, "submission.py", "exec")
        return [line.strip() for line in ast.unparse(tree).splitlines()[1:] if TICK not in line]


def test_each_edit_of_a_statement_with_arguments_by_keyword_compiles() -> None:
    source = "def f(x):\n    total = np.sum(x, axis=1, keepdims=True)\n    return total\n"
    bench = Bench(source, source)
    number = bench.operation("edit", 2)[1]
    edits = bench.mending.list_edits(number)
    assert edits
    for place in range(len(edits)):
        bench.apply(("edit", number, place))


def test_a_statement_is_matched_with_the_one_under_its_condition() -> None:
    source = "def f(x, name):\n    if name:\n        y = first(x)\n    else:\n        y = second(x)\n    return y\n"
    assert Bench(source, source.replace("first", "second")).lines == {3: 3, 5: 5, 6: 6}


def test_variables_that_are_returned_in_another_order_keep_their_names() -> None:
    source = "def f(x):\n    a = one(x)\n    b = two(x)\n    return a, b\n"
    bench = Bench(source, source.replace("a, b", "b, a"))
    assert [bench.pair.names[name] for name in "ab"] == ["a", "b"]
    assert bench.apply(bench.operation("replace", 4))[-1] == "return (a, b)"


def test_variables_that_are_returned_under_other_names_are_bound_by_their_places() -> None:
    source = "def f(x):\n    a = one(x)\n    b = two(x)\n    return a, b\n"
    bench = Bench(source, "def f(x):\n    s = one(x)\n    t = two(x)\n    return s, t\n")
    assert [bench.pair.names[name] for name in "ab"] == ["s", "t"]


def test_statements_that_are_moved_under_a_condition_keep_their_order() -> None:
    source = "def f(x, name):\n    if name:\n        y = one(x)\n        z = two(y)\n    return z\n"
    bench = Bench(source, source.replace("if name", "if not name"))
    moved = bench.apply(bench.operation("guard", 3), bench.operation("guard", 4))
    assert [line for line in moved if line.startswith(("y", "z"))] == ["y = one(x)", "z = two(y)"]


@pytest.mark.parametrize("order", [("u", "v"), ("v", "u")])
def test_what_is_added_later_stands_behind_what_it_reads(order: tuple[str, str]) -> None:
    lines = {"u": "    u = one(x)\n", "v": "    v = two(x)\n"}
    between = "".join(lines[name] for name in order)
    solution = f"def f(x):\n    d = x / 2\n{between}    d += u * v\n    return d\n"
    bench = Bench(solution, f"def f(x):\n    d = x / 3\n{between}    return d\n")
    mended = bench.apply(bench.operation("replace", 2))
    assert mended == [line.strip() for line in solution.splitlines()[1:]]

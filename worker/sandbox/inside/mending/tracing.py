"""The statement of a solution that computes what an edited expression does, by the values of both in one run."""

import ast
import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .recording import RECORDER, Recorder, agreement

#: The expressions that compute an array.
_COMPUTING = (ast.BinOp, ast.UnaryOp, ast.Call, ast.Compare)
#: The part of a statement's arrays that a program computes which need not compute those that nobody asks for, and of an
#: expression's that its statement computes at least.
_COMPUTED = 0.5


class Tracer(Recorder):
    """A recorder of expressions: arrays without their axes of length 1, those of a list one by one."""

    def record(self, function: str, name: str, value: Any) -> Any:
        """Keep the arrays of a value, and return it."""
        for array in value if type(value) in (list, tuple) else (value,):
            super().record(function, name, np.squeeze(array) if type(array) is np.ndarray else array)
        return value

    def find_holder(self, own: str, solution: "Tracer", numbers: Sequence[int]) -> int | None:
        """Return the statement of the solution's that computes the most arrays of an expression, and the fewest others.

        It computes more than half of them: a loop may go one layer further than it must.
        """
        shares = {
            number: (alike, agreement(solution, ("", str(number)), self, ("", own)))
            for number in numbers
            if (alike := agreement(self, ("", own), solution, ("", str(number)))) > _COMPUTED
        }
        return max(shares, key=lambda number: shares[number], default=None)

    def list_computed(self, solution: "Tracer", numbers: Sequence[int]) -> list[int]:
        """Return the statements of the solution's of which half of the arrays or more are some expression's."""
        every = Tracer()
        every.arrays["", ""] = [array for arrays in self.arrays.values() for array in arrays]
        return [n for n in numbers if agreement(solution, ("", str(n)), every, ("", "")) >= _COMPUTED]


def list_path(before: ast.AST, after: ast.AST) -> list[ast.expr]:
    """Return the expressions of the second tree around the one place where the two differ, the innermost first.

    A name comes last: what it holds was computed elsewhere.
    """
    return sorted(_list_path(before, after), key=lambda node: isinstance(node, ast.Name))


def _list_path(before: ast.AST, after: ast.AST) -> list[ast.expr]:
    path: list[ast.expr] = []
    while True:
        if isinstance(after, ast.expr):
            path.insert(0, after)
        children = [list(ast.iter_child_nodes(node)) for node in (before, after)]
        if type(before) is not type(after) or len(children[0]) != len(children[1]):
            return path
        pairs = [pair for pair in zip(*children, strict=True) if ast.dump(pair[0]) != ast.dump(pair[1])]
        if len(pairs) != 1:
            return path
        before, after = pairs[0]


def record_expressions(
    trees: Sequence[ast.Module], paths: Sequence[Sequence[ast.expr]], foreign: Iterable[ast.AST] = ()
) -> list[ast.Module]:
    """Return copies of trees whose expressions the tracer gets, but for `foreign` ones.

    Those of a path have the path's and their own place for a name.
    """
    copies: dict[int, Any] = {}
    copied = [copy.deepcopy(tree, copies) for tree in trees]
    names: dict[int, str | None] = {id(copies[id(node)]): None for node in foreign if id(node) in copies}
    names |= {
        id(copies[id(node)]): f"{i} {depth}"
        for i, path in enumerate(paths)
        for depth, node in enumerate(path)
        if id(node) in copies
    }
    return [ast.fix_missing_locations(_Recording(names).visit(tree)) for tree in copied]


class _Recording(ast.NodeTransformer):
    def __init__(self, names: Mapping[int, str | None]) -> None:
        self._names, self._count = names, 0

    def visit(self, node: ast.AST) -> Any:
        name = self._names.get(id(node), "" if isinstance(node, _COMPUTING) else None)
        visited = self.generic_visit(node)
        is_target = isinstance(getattr(visited, "ctx", None), (ast.Store, ast.Del))
        if name is None or is_target or not isinstance(visited, ast.expr):
            return visited
        if not name:
            self._count += 1
            name = f"- {self._count}"
        call = ast.Call(ast.Name(RECORDER, ast.Load()), [ast.Constant(""), ast.Constant(name), visited], [])
        return ast.copy_location(call, visited)

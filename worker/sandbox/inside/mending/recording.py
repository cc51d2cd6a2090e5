"""The arrays that each variable of a program holds while it runs, to find the variables of two programs that agree."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from .groups import Block, Function

#: The name of the recorder in a recorded program: no name that a program can write.
RECORDER = " recorder"
#: Arrays kept of one variable, numbers of one, arrays and numbers of all.
_MOST_ARRAYS, _MOST_NUMBERS, _MOST_IN_ALL = 12, 4_096, 1 << 21
#: Numbers that are equal but for rounding.
_RTOL, _ATOL = 1e-7, 1e-12

_Array = np.ndarray[tuple[int], np.dtype[np.float64]]
#: The name of a function, or of a class for an attribute, and that of the variable in it.
Variable = tuple[str, str]


class Recorder:
    """The arrays that variables hold after each statement that writes them."""

    def __init__(self) -> None:
        self.arrays: defaultdict[Variable, list[tuple[tuple[int, ...], _Array]]] = defaultdict(list)
        self._left = _MOST_IN_ALL

    def record(self, function: str, name: str, value: object) -> None:
        """Keep a copy of an array, or of a number; anything else is passed over."""
        kept = self.arrays[scope(function, name), name]
        if type(value) not in (np.ndarray, float, int, np.float64, np.float32) or len(kept) >= _MOST_ARRAYS:
            return
        array = np.asarray(value)
        if array.dtype.kind not in "fiub" or array.size > min(_MOST_NUMBERS, self._left):
            return
        self._left -= array.size + 1
        numbers = array.astype(np.float64).ravel()
        if np.isfinite(numbers).all():
            kept.append((array.shape, numbers))


def scope(function: str, name: str) -> str:
    """Return the function to which a variable belongs, or for an attribute the class."""
    return function.partition(".")[0] if "." in name else function


def record_writes(functions: Mapping[str, Function]) -> None:
    """Change functions so that the recorder gets their parameters, and what each statement has written."""
    for function in functions.values():
        for group in reversed(function.groups):
            if group.target.how in {"return", "bare"}:
                continue
            for node, block in zip(reversed(group.nodes), reversed(group.blocks), strict=True):
                _insert_after(block, node, _calls(function.name, group.target.names, group.target.keys))
        start = 1 if ast.get_docstring(function.node) else 0
        function.node.body[start:start] = _calls(function.name, function.parameters, ())


def _insert_after(block: Block, node: ast.stmt, calls: list[ast.stmt]) -> None:
    place = next(i for i, statement in enumerate(block.body) if statement is node) + 1
    block.body[place:place] = [ast.copy_location(call, node) for call in calls]


def _calls(function: str, names: Iterable[str], keys: Iterable[ast.expr]) -> list[ast.stmt]:
    calls: list[ast.stmt] = []
    for name in names:
        value: ast.expr = ast.parse(name, mode="eval").body
        for key in keys:
            value = ast.Subscript(value, key, ast.Load())
        arguments = [ast.Constant(function), ast.Constant(name), value]
        calls.append(ast.Expr(ast.Call(ast.Name(RECORDER, ast.Load()), arguments, [])))
    return calls


def agreement(first: Recorder, mine: Variable, second: Recorder, other: Variable) -> float:
    """Return the part of one variable's arrays that another variable of another program holds as well."""
    arrays, others = first.arrays.get(mine, []), second.arrays.get(other, [])
    if not arrays or not others:
        return 0.0
    return sum(any(_equal(array, theirs) for theirs in others) for array in arrays) / len(arrays)


def _equal(first: tuple[tuple[int, ...], _Array], second: tuple[tuple[int, ...], _Array]) -> bool:
    if first[0] != second[0]:
        return False
    array, other = first[1], second[1]
    if array.size and abs(array[0] - other[0]) > _RTOL * abs(other[0]) + _ATOL:
        return False
    return bool((np.abs(array - other) <= _RTOL * np.abs(other) + _ATOL).all())

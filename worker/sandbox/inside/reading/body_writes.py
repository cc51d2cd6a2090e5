"""The statements of a function that write a part of what it returns, or an attribute: last, and what these build on."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from backmark.worker.sandbox.inside.accessors import (
    Path,
    UnknownLinesError,
    fits,
    is_open,
    pattern_of,
    prefix_of,
    spell,
)

#: Steps from name to name.
_STEPS = 8
#: Calls whose value is only a place to write into.
_EMPTY = frozenset({"zeros", "zeros_like", "empty", "empty_like", "dict", "list", "copy"})
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*FUNCTIONS, ast.ClassDef, ast.Lambda)
#: Methods of lists that add an entry.
_ADDING = frozenset({"append", "insert"})


class _NameWrite(NamedTuple):
    """A statement that writes a name or an entry of what it stands for."""

    line: int
    #: True if nothing that was written before counts.
    final: bool
    #: True if it only makes the place for what is written later.
    empty: bool = False
    #: The name, dictionary or tuple that it is given, if it is just that, and the steps of the way that it takes.
    value: ast.expr | None = None
    depth: int = 0
    #: True if it may as well write another entry.
    guessed: bool = False


class FunctionBody:
    """The statements of one function."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self._steps = 0
        self._own = list(_list_own(node.body, flat=True))
        #: By the name of a loop over constants, such as `for name in ("W1", "W2")`, these.
        self._loops = dict(_list_loops(part for part, _ in self._own))

    def find_returned(self, path: Path) -> list[int]:
        """Return the lines that write a part of what it returns."""
        values = [node.value for node, _ in self._own if isinstance(node, ast.Return) and node.value is not None]
        if path and path[0].kind == "item":
            # Of several returns those that give as many values as are taken.
            values = [value for value in values if isinstance(value, ast.Tuple)] or values
            values = [value for value in values if not isinstance(value, ast.Tuple) or len(value.elts) == path[0].of]
        if len(values) != 1:
            raise UnknownLinesError
        return self._find_value(values[0], path)

    def _find_value(self, value: ast.expr, path: Path) -> list[int]:
        self._steps += 1
        if self._steps > _STEPS:
            raise UnknownLinesError
        if isinstance(value, ast.Name):
            return self._find_name(value.id, path)
        if not path:
            return [value.lineno]
        first, rest = path[0], path[1:]
        if isinstance(value, ast.Tuple | ast.List) and first.kind in {"item", "entry"} and first.name.isdecimal():
            if int(first.name) >= len(value.elts):
                raise UnknownLinesError
            return self._find_value(value.elts[int(first.name)], rest)
        if isinstance(value, ast.Dict) and first.kind == "entry":
            keys = [key for key in value.keys if key is not None]
            parts = [part for key, part in zip(keys, value.values, strict=False) if fits(pattern_of(key), first.name)]
            if len(keys) != len(value.keys) or len(parts) != 1:
                raise UnknownLinesError
            return self._find_value(parts[0], rest)
        if isinstance(value, ast.Call):
            return [value.lineno]
        raise UnknownLinesError

    def _find_name(self, name: str, path: Path) -> list[int]:
        """Return the lines that write a name last, and those before them that this builds on."""
        lines: list[_NameWrite] = []
        for write in reversed(list(self.list_writes(name, path))):
            lines.append(write)
            if write.final:
                break
        if len(lines) > 1 and lines[-1].empty:
            lines.pop()
        if len(lines) > 1 and any(write.guessed for write in lines):
            raise UnknownLinesError
        if len(lines) == 1 and lines[0].value is not None:
            # The way goes on in what it is given.
            return self._find_value(lines[0].value, path[lines[0].depth :]) or [lines[0].line]
        return [write.line for write in lines]

    def list_writes(self, name: str, path: Path) -> Iterator[_NameWrite]:
        """Yield the statements that write a name, or `self.name`, in their order; raises UnknownLinesError."""
        if _is_written_elsewhere(self._node, name):
            raise UnknownLinesError
        for node, certain in self._own:
            yield from self._list_targets(node, name, path, certain=certain)
            if isinstance(node, ast.Expr):
                yield from _list_effects(node.value, name, path)

    def _list_targets(self, node: Any, name: str, path: Path, *, certain: bool) -> Iterator[_NameWrite]:
        for target, value in pair_targets(node):
            inner = target
            indices: list[ast.expr] = []
            while isinstance(inner, ast.Subscript):
                indices.insert(0, inner.slice)
                inner = inner.value
            entries = [step.name for step in path if step.kind == "entry"]
            if spell(inner) != name or not all(map(self._fits, indices, entries)):
                continue
            # Of all that is given together.
            source = getattr(node, "value", None)
            reads = source is not None and any(spell(part) == name for part in ast.walk(source))
            whole = len(indices) <= len(entries) and isinstance(node, ast.Assign | ast.AnnAssign)
            exact = not any(map(is_open, (*map(pattern_of, indices), *entries[: len(indices)])))
            given = value if isinstance(value, ast.Name | ast.Dict | ast.Tuple) else None
            final = whole and exact and certain and not reads
            # A key that only the running program knows may be this one or another.
            guessed = any(not self._is_known(index, entry) for index, entry in zip(indices, entries, strict=False))
            yield _NameWrite(
                target.lineno, final, is_empty(value), given if final else None, len(indices), guessed=guessed
            )

    def _fits(self, index: ast.expr, entry: str) -> bool:
        """Return True if an index may be that of an entry."""
        keys = self._loops.get(spell(index))
        return fits(pattern_of(index), entry) if keys is None else any(fits(key, entry) for key in keys)

    def _is_known(self, index: ast.expr, entry: str) -> bool:
        pattern = pattern_of(index)
        if is_open(entry):
            return spell(index) in self._loops or prefix_of(pattern) != "" or prefix_of(entry) == ""
        return spell(index) in self._loops or not is_open(pattern)


def _list_own(statements: Sequence[ast.stmt], *, flat: bool) -> Iterator[tuple[Any, bool]]:
    """Yield a function's statements in their order, each with True if it runs whenever the function comes to it."""
    for statement in statements:
        yield statement, flat
        if isinstance(statement, _SCOPES):
            continue
        inner = flat and isinstance(statement, ast.With)
        for part in ("body", "handlers", "orelse", "finalbody", "cases"):
            nested = getattr(statement, part, [])
            blocks = (
                [getattr(block, "body", [block]) for block in nested] if part in {"handlers", "cases"} else [nested]
            )
            for block in blocks:
                yield from _list_own(block, flat=inner)


def _list_loops(statements: Iterable[Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the names that a loop binds to constants, and nothing else binds, with these as patterns."""
    loops: dict[str, list[str]] = {}
    bound: list[str] = []
    for node in statements:
        bound += [spell(target) for target, _ in pair_targets(node)]
        values = node.iter.elts if isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple | ast.List) else ()
        if values and all(isinstance(value, ast.Constant) for value in values):
            loops[spell(node.target)] = [pattern_of(value) for value in values]
    yield from ((name, keys) for name, keys in loops.items() if name and bound.count(name) == 1)


def pair_targets(node: Any) -> list[tuple[Any, Any]]:
    """Return the targets of a statement, each with the value that it is given as far as the text says."""
    value = getattr(node, "value", None)
    if isinstance(node, ast.Assign):
        todo = [(target, value) for target in node.targets]
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        todo = [(node.target, value)]
    elif isinstance(node, ast.For):
        todo = [(node.target, None)]
    elif isinstance(node, ast.With):
        todo = [(item.optional_vars, None) for item in node.items if item.optional_vars is not None]
    else:
        return []
    listed = []
    while todo:
        target, value = todo.pop(0)
        if isinstance(target, ast.Starred):
            target, value = target.value, None
        if isinstance(target, ast.Tuple | ast.List):
            values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            paired = len(values) == len(target.elts)
            todo += zip(target.elts, values if paired else [None] * len(target.elts), strict=True)
        else:
            listed.append((target, value))
    return listed


def _list_effects(value: ast.expr, name: str, path: Path) -> Iterator[_NameWrite]:
    """Yield a call that may write a name: one that is given it, or a method of what it stands for."""
    if not isinstance(value, ast.Call):
        return
    function = value.func
    if isinstance(function, ast.Attribute) and spell(function.value) == name:
        if function.attr not in _ADDING or not path:
            raise UnknownLinesError
        yield _NameWrite(value.lineno, final=False)
    elif any(spell(_root(part)) == name for part in (*value.args, *(keyword.value for keyword in value.keywords))):
        yield _NameWrite(value.lineno, final=False)


def _is_written_elsewhere(function: Any, name: str) -> bool:
    """Return True if a name is bound within an expression, or written by a function in the function."""
    inside = {
        id(part)
        for scope in ast.walk(function)
        if isinstance(scope, _SCOPES) and scope is not function
        for part in ast.walk(scope)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.NamedExpr) and node.target.id == name:
            return True
        if isinstance(node, ast.Global | ast.Nonlocal) and name in node.names:
            return True
        if id(node) in inside and any(
            isinstance(target, ast.Subscript) and spell(_root(target)) == name for target, _ in pair_targets(node)
        ):
            return True
    return False


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Subscript):
        node = node.value
    return node


def is_empty(value: Any) -> bool:
    """Return True for a value that is made to be written into."""
    if isinstance(value, ast.Dict):
        return not value.keys
    if isinstance(value, ast.List | ast.Tuple):
        return all(map(is_empty, value.elts))
    if isinstance(value, ast.ListComp):
        return is_empty(value.elt)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        return is_empty(value.left) or is_empty(value.right)
    if isinstance(value, ast.Call):
        return getattr(value.func, "attr", getattr(value.func, "id", "")) in _EMPTY
    return isinstance(value, ast.Constant)

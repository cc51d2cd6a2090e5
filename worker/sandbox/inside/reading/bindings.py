"""The student's lines that write a result of the call: followed by their text, from the lines that call.

`dx, dw = backward(dout)` leads to what `backward` returns second, and to the statements that bind that name last;
`layer.dW` to those that write `self.dW`; `grads["W1"]` to those that write this entry. Nothing is found where the text
does not say it: two calls that may give it, a name that another function may write, more than a few lines.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from backmark.worker.sandbox.inside.accessors import Accessor, Path, UnknownLinesError, pattern_of, spell

from .body_writes import FUNCTIONS, FunctionBody
from .slicing import Statement
from .writes import Write

#: Lines of one result, of all results, and steps from name to name.
_MOST, _ALL, _STEPS = 3, 60, 8


def find_writes(call: str, results: Iterable[str], functions: Mapping[str, Statement]) -> tuple[Write, ...]:
    """Return the lines that write each result, by its expression; none for one of which they are not known.

    `functions` are the statements that define what the lines call.
    """
    writes: list[Write] = []
    lines = ast.parse(call).body
    for result in results:
        try:
            numbers = _WriterSearch(lines, functions).find(ast.parse(result, mode="eval").body)
        except (UnknownLinesError, RecursionError):
            continue
        writes += [Write(result, statement.piece.cell, line) for statement, line in numbers]
    return tuple(writes[:_ALL])


class _WriterSearch:
    """One search, through the lines that call into one function or class of the student's."""

    def __init__(self, lines: list[ast.stmt], functions: Mapping[str, Statement]) -> None:
        self._lines = lines
        self._functions = functions
        self._steps = 0

    def find(self, result: ast.expr) -> list[tuple[Statement, int]]:
        """Return the lines with their statements; raises UnknownLinesError."""
        source, path = self._resolve(result, ())
        if isinstance(source, ast.Name):
            # An object of a class: the driver reads what it left there.
            statement, node = self._define(source.id)
            if not isinstance(node, ast.ClassDef) or not path or path[0].kind != "attribute":
                raise UnknownLinesError
            if self._sets(path[0].name):
                raise UnknownLinesError
            numbers = _find_attribute(node, path[0].name, path[1:])
        else:
            statement, body = self._find_body(source)
            numbers = FunctionBody(body).find_returned(path)
        lines = sorted(set(numbers))
        if not 0 < len(lines) <= _MOST:
            raise UnknownLinesError
        return [(statement, line) for line in lines]

    def _find_body(self, call: ast.expr) -> tuple[Statement, Any]:
        """Return the function that a call runs: one of the student's, or a method of an object of a class."""
        function = getattr(call, "func", None)
        if isinstance(function, ast.Name):
            statement, node = self._define(function.id)
            if isinstance(node, FUNCTIONS) and not node.decorator_list:
                return statement, node
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            made, path = self._resolve(function.value, ())
            if isinstance(made, ast.Name) and not path:
                statement, node = self._define(made.id)
                methods = [part for part in getattr(node, "body", ()) if getattr(part, "name", "") == function.attr]
                method = methods[-1] if methods else None
                if isinstance(method, FUNCTIONS) and not method.decorator_list:
                    return statement, method
        raise UnknownLinesError

    def _define(self, name: str) -> tuple[Statement, ast.stmt]:
        statement = self._functions.get(name)
        if statement is None:
            raise UnknownLinesError
        return statement, statement.node

    def _resolve(self, value: ast.expr, path: Path) -> tuple[ast.expr, Path]:
        """Follow a value of the lines to the call that gives it, or to the class of an object, with the way in it."""
        self._steps += 1
        if self._steps > _STEPS:
            raise UnknownLinesError
        if isinstance(value, ast.Subscript):
            return self._resolve(value.value, (Accessor("entry", pattern_of(value.slice)), *path))
        if isinstance(value, ast.Attribute):
            return self._resolve(value.value, (Accessor("attribute", value.attr), *path))
        if isinstance(value, ast.Call):
            name = spell(value.func)
            if name in self._functions and isinstance(self._functions[name].node, ast.ClassDef):
                return value.func, path
            return value, path
        if not isinstance(value, ast.Name):
            raise UnknownLinesError
        if value.id in self._functions:
            return value, path
        bound, way = self._find_binding(value.id)
        return self._resolve(bound, (*way, *path))

    def _find_binding(self, name: str) -> tuple[ast.expr, Path]:
        """Return the one value that the lines bind to a name, and the way in it; raises UnknownLinesError."""
        bindings: list[tuple[ast.expr, Path]] = []
        for statement in self._lines:
            for target, value, way in _list_bindings(statement):
                if isinstance(target, ast.Name) and target.id == name:
                    bindings.append((value, way))
                elif isinstance(target, ast.Subscript) and spell(target.value) == name:
                    raise UnknownLinesError
            if not isinstance(statement, ast.Assign) and _is_written(statement, name):
                raise UnknownLinesError
        if len(bindings) != 1:
            raise UnknownLinesError
        return bindings[0]

    def _sets(self, attribute: str) -> bool:
        """Return True if the lines themselves set an attribute of this name."""
        return any(
            isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr == attribute
            for line in self._lines
            for node in ast.walk(line)
        )


def _list_bindings(statement: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr, Path]]:
    """Yield each target of an assignment with the value that it is given, and the way in that."""
    for target in statement.targets if isinstance(statement, ast.Assign) else ():
        value = statement.value if isinstance(statement, ast.Assign) else target
        if not isinstance(target, ast.Tuple):
            yield target, value, ()
            continue
        count = len(target.elts)
        given = value.elts if isinstance(value, ast.Tuple) and len(value.elts) == count else None
        for place, part in enumerate(target.elts):
            yield (part, value, (Accessor("item", str(place), count),)) if given is None else (part, given[place], ())


def _is_written(statement: ast.stmt, name: str) -> bool:
    """Return True if a statement of another kind binds a name, or writes an entry of what it stands for."""
    stored = (node for node in ast.walk(statement) if isinstance(getattr(node, "ctx", None), ast.Store))
    return any(spell(node.value if isinstance(node, ast.Subscript) else node) == name for node in stored)


def _find_attribute(node: ast.ClassDef, name: str, path: Path) -> list[int]:
    """Return the lines of a class that write an attribute; those of `__init__` only make the place for it."""
    methods = [part for part in node.body if isinstance(part, FUNCTIONS) and part.args.args]
    return [
        write.line
        for method in methods
        if method.name != "__init__"
        for write in FunctionBody(method).list_writes(f"{method.args.args[0].arg}.{name}", path)
        if not write.empty
    ]

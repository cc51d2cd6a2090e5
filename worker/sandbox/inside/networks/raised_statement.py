"""The statement of the student's function that raised: as it is written, and what its operands were."""

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple

import numpy as np

from worker.sandbox.inside.listing import Slice
from worker.sandbox.inside.tracebacks import FILENAME, clean

#: Characters of a statement, or of the part of it that raised; operands that are described, at most.
_TEXT, _OPERANDS = 400, 24
#: How the output's entry of a list is written.
_OUTPUT = ("K", "-1", "len(all_weights) - 1", "len(all_f) - 1")
#: The value of what cannot be looked up.
_UNKNOWN = object()


class _Read(NamedTuple):
    """A statement, its text, and the names and subscripts in it by theirs."""

    statement: ast.stmt
    text: str
    looked_up: tuple[tuple[str, ast.expr], ...]


def describe(
    traceback: TracebackType | None, frame: FrameType, lines: Slice, known: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Describe where `frame` raised: cell, line, statement, the part of it that raised, and its operands by their text.

    `inner` describes the innermost frame of the student's, if that is another: a helper, a comprehension.
    `known` are the lists whose members are recognised by their memory, whatever the student calls them. None if no
    statement can be found. Nothing of the student's is called: only names, and subscripts of lists, tuples,
    dictionaries and arrays by whole numbers, are looked up.
    """
    try:
        origins = _Origins(known)
        outer = _describe(_link(traceback, frame), lines, origins)
        innermost = _innermost(traceback)
        if outer is None or innermost is None or innermost.tb_frame is frame:
            return outer
        return {**outer, "inner": _describe(innermost, lines, origins)}
    except Exception:  # noqa: BLE001 - the student's objects may do anything here
        return None


def describe_call(function: CodeType, lines: Slice) -> dict[str, Any] | None:
    """Describe the head of the function, for a call that its parameters do not take."""
    try:
        definition = _statement(lines.code, function.co_firstlineno)
        if not isinstance(definition, ast.FunctionDef):
            return None
        cell, line = lines.origin(definition.lineno)
        head = clean(f"def {definition.name}({ast.unparse(definition.args)}): ...", _TEXT)
    except Exception:  # noqa: BLE001 - as above
        return None
    return {"cell": cell, "line": line, "statement": head, "part": "", "operands": [], "inner": None}


@cache
def returns_in_loop(code: str, line: int) -> bool:
    """Return True if the statement on this line returns in the first turn of a loop, under no condition."""
    statement = _statement(code, line)
    loops = (node for node in ast.walk(_tree(code)) if isinstance(node, ast.For | ast.While))
    return isinstance(statement, ast.Return) and any(statement in loop.body for loop in loops)


def describe_write(
    entries: tuple[str, Any, bool], function: CodeType, lines: Slice, scope: dict[str, Any], known: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Describe the one statement that writes the entries of a list: its name, itself, whether the output's.

    It stands as if the student's list had that name; its operands are those at the function's end, of the last turn of
    its loop. None if there is no such statement, or more than one.
    """
    name, written, output = entries
    try:
        names = frozenset({name, *(alias for alias, value in scope.items() if value is written)})
        write = _writing(lines.code, function.co_firstlineno, name, names, output=output)
        if write is None:
            return None
        cell, line = lines.origin(write.statement.lineno)
        operands = _operands(write.looked_up, scope, _Origins(known))
    except Exception:  # noqa: BLE001 - as above
        return None
    description = {"cell": cell, "line": line, "statement": write.text, "part": "", "operands": operands}
    return {**description, "inner": None}


@cache
def _writing(code: str, line: int, name: str, names: frozenset[str], *, output: bool) -> _Read | None:
    """Return the one statement of the function on this line that writes to a list of one of these names."""
    definition = _statement(code, line)
    writes = [] if definition is None else [node for node in ast.walk(definition) if _writes(node, names)]
    if len(writes) > 1 and name == "all_dl_df":
        # The output's is written above the loop.
        writes = [node for node in writes if _of_output(node) is output]
    if len(writes) != 1 or not isinstance(writes[0], ast.stmt):
        return None
    return _Read(writes[0], clean(ast.unparse(_rename(writes[0], name)), _TEXT), _looked_up(writes[0]))


def _of_output(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets=[ast.Subscript(slice=index)]):
            return ast.unparse(index) in _OUTPUT
    return False


def _rename(statement: ast.stmt, name: str) -> ast.stmt:
    """Return the assignment with its list renamed to this name."""
    match statement:
        case ast.Assign(targets=[ast.Subscript(slice=index)], value=value):
            return ast.Assign([ast.Subscript(ast.Name(name), index)], value, lineno=1)
    return statement


def _writes(node: ast.AST, names: frozenset[str]) -> bool:
    """Return True if the node assigns to an entry of one of these lists, or puts one in."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))]):
            return name in names
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "insert"))):
            return name in names
    return False


def _describe(link: TracebackType | None, lines: Slice, origins: "_Origins") -> dict[str, Any] | None:
    read = None if link is None else _read(lines.code, link.tb_lineno)
    if link is None or read is None:
        return None
    cell, line = lines.origin(link.tb_lineno)
    positions = next(islice(link.tb_frame.f_code.co_positions(), link.tb_lasti // 2, None))
    return {
        "cell": cell,
        "line": line,
        "statement": read.text,
        "part": _part(lines.code, link.tb_lineno, positions),
        "operands": _operands(read.looked_up, {**link.tb_frame.f_globals, **link.tb_frame.f_locals}, origins),
        "inner": None,
    }


@cache
def _read(code: str, line: int) -> _Read | None:
    """Return the statement on this line of the one submission that this process serves."""
    statement = _statement(code, line)
    if statement is None:
        return None
    head = _head(statement)
    return _Read(statement, clean(ast.unparse(head), _TEXT), _looked_up(head))


class _Origins:
    """The lists by their identity, and their arrays by size: of few is the address looked up, which takes longest."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._lists: dict[int, str] = {}
        self._arrays: dict[int, list[tuple[Any, str, int | None]]] = {}
        for name, value in known.items():
            if isinstance(value, np.ndarray):
                self._arrays.setdefault(_plain(value).size, []).append((value, name, None))
                continue
            self._lists.setdefault(id(value), name)
            for index, entry in _number_entries(value):
                if isinstance(entry, np.ndarray):
                    self._arrays.setdefault(_plain(entry).size, []).append((entry, name, index))

    def find(self, value: Any) -> list[Any] | None:
        """Return the name of the list that the value is, or is a member of, and its index in the latter case."""
        if id(value) in self._lists:
            return [self._lists[id(value)], None]
        if not isinstance(value, np.ndarray):
            return None
        address = _address(value)
        alike = self._arrays.get(_plain(value).size, [])
        return next(([name, index] for array, name, index in alike if _address(array) == address), None)


def _number_entries(value: Any) -> Iterable[tuple[int, Any]]:
    if type(value) in (list, tuple):
        return enumerate(value)
    return [(key, entry) for key, entry in value.items() if type(key) is int] if type(value) is dict else ()


def _plain(array: Any) -> Any:
    return array if type(array) is np.ndarray else np.ndarray.view(array, np.ndarray)


def _address(array: Any) -> int:
    address: int = _plain(array).__array_interface__["data"][0]
    return address


def _innermost(traceback: TracebackType | None) -> TracebackType | None:
    """Return the last entry of the traceback that is in the student's own code."""
    last = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == FILENAME:
            last = traceback
        traceback = traceback.tb_next
    return last


@cache
def _tree(code: str) -> ast.Module:
    """Parse the one submission that this process serves."""
    return ast.parse(code)


def _link(traceback: TracebackType | None, frame: FrameType) -> TracebackType | None:
    """Return the traceback's last entry of this frame."""
    last = None
    while traceback is not None:
        if traceback.tb_frame is frame:
            last = traceback
        traceback = traceback.tb_next
    return last


@cache
def _statement(code: str, line: int) -> ast.stmt | None:
    """Return the innermost statement on this line."""
    best: ast.stmt | None = None
    for node in ast.walk(_tree(code)):
        if not isinstance(node, ast.stmt) or not node.lineno <= line <= (node.end_lineno or node.lineno):
            continue
        if best is None or node.lineno >= best.lineno:
            best = node
    return best


def _head(statement: ast.stmt) -> ast.AST:
    """Return the statement, or of one that holds others the expression that is evaluated by itself."""
    for name in ("test", "iter", "subject"):
        value = getattr(statement, name, None)
        if isinstance(value, ast.expr) and hasattr(statement, "body"):
            return value
    return statement


@cache
def _part(code: str, line: int, positions: tuple[int | None, ...]) -> str:
    """The expression that raised, by the positions that Python keeps for each instruction; empty if it keeps none."""
    read = _read(code, line)
    first, last, column, end_column = positions
    for node in () if read is None else ast.walk(read.statement):
        if isinstance(node, ast.expr) and (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset) == (
            first,
            last,
            column,
            end_column,
        ):
            return clean(ast.unparse(node), _TEXT)
    return ""


def _looked_up(head: ast.AST) -> tuple[tuple[str, ast.expr], ...]:
    """Return the first names and subscripts in it, each text once."""
    operands: dict[str, ast.expr] = {}
    for node in ast.walk(head):
        if isinstance(node, ast.Name | ast.Subscript) and isinstance(node.ctx, ast.Load):
            text = ast.unparse(node)
            if len(operands) < _OPERANDS and len(text) <= _TEXT // 4:
                operands.setdefault(text, node)
    return tuple((clean(text, _TEXT // 4), node) for text, node in operands.items())


def _operands(looked_up: tuple[tuple[str, ast.expr], ...], scope: dict[str, Any], origins: _Origins) -> list[list[Any]]:
    """Return each operand with its text, type, shape, length, whole number, and which list's it is."""
    values = [(text, _value(node, scope)) for text, node in looked_up]
    return [[text, *_describe_value(value), origins.find(value)] for text, value in values]


def _value(node: ast.expr, scope: dict[str, Any]) -> Any:
    """The value of a name, a whole number, a sum of such, or a subscript by one; `_UNKNOWN` of anything else."""
    value: Any = _UNKNOWN
    match node:
        case ast.Constant(value=int() as number):
            value = number
        case ast.Name(id=name):
            value = scope.get(name, _UNKNOWN)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            number = _value(operand, scope)
            value = -number if type(number) is int else _UNKNOWN
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as operator, right=right):
            a, b = _value(left, scope), _value(right, scope)
            if type(a) is int and type(b) is int:
                value = a + b if isinstance(operator, ast.Add) else a - b
        case ast.Subscript(value=whole, slice=index):
            value = _member(_value(whole, scope), _value(index, scope))
    return value


def _member(sequence: Any, at: Any) -> Any:
    if type(at) is not int:
        return _UNKNOWN
    if type(sequence) is dict:
        return sequence.get(at, _UNKNOWN)
    if type(sequence) not in (list, tuple, np.ndarray):
        return _UNKNOWN
    if type(sequence) is np.ndarray and sequence.ndim == 0:
        return _UNKNOWN
    return sequence[at] if -len(sequence) <= at < len(sequence) else _UNKNOWN


def _describe_value(value: Any) -> list[Any]:
    """Type, shape, length and whole number; the type is empty if the operand has no value."""
    if value is _UNKNOWN:
        return ["", None, None, None]
    kind = type(value)
    name = clean(str(type.__getattribute__(kind, "__name__")), 100)
    if isinstance(value, np.ndarray):
        return [name, list(np.ndarray.view(value, np.ndarray).shape), None, None]
    if kind in (list, tuple):
        return [name, None, len(value), None]
    return [name, None, None, value if kind is int and abs(value) < 1 << 31 else None]

"""The statement of the student's function that raised: as it is written, and what its operands were."""

import ast
from collections.abc import Iterator
from functools import cache
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from .listing import Slice
from .raised import clean

#: Characters of a statement, or of the part of it that raised; operands that are described, at most.
_TEXT, _OPERANDS = 400, 24
#: The value of what cannot be looked up.
_UNKNOWN = object()


def describe(traceback: TracebackType | None, frame: FrameType, lines: Slice) -> dict[str, Any] | None:
    """Where `frame` raised: cell, line, statement, the part of it that raised, and its operands by their text.

    None if no statement can be found. Nothing of the student's is called: only names, and subscripts of lists, tuples
    and arrays by whole numbers, are looked up.
    """
    try:
        return _describe(traceback, frame, lines)
    except Exception:  # noqa: BLE001 - the student's objects may do anything here
        return None


def _describe(traceback: TracebackType | None, frame: FrameType, lines: Slice) -> dict[str, Any] | None:
    link = _link(traceback, frame)
    if link is None:
        return None
    statement = _statement(lines.code, link.tb_lineno)
    if statement is None:
        return None
    cell, line = lines.origin(link.tb_lineno)
    return {
        "cell": cell,
        "line": line,
        "statement": clean(ast.unparse(_head(statement)), _TEXT),
        "part": clean(_part(statement, link), _TEXT),
        "operands": _operands(statement, frame),
    }


@cache
def _tree(code: str) -> ast.Module:
    """The syntax tree of the one submission that this process serves."""
    return ast.parse(code)


def _link(traceback: TracebackType | None, frame: FrameType) -> TracebackType | None:
    """The traceback's last entry of this frame."""
    last = None
    while traceback is not None:
        if traceback.tb_frame is frame:
            last = traceback
        traceback = traceback.tb_next
    return last


@cache
def _statement(code: str, line: int) -> ast.stmt | None:
    """The innermost statement on this line."""
    best: ast.stmt | None = None
    for node in ast.walk(_tree(code)):
        if not isinstance(node, ast.stmt) or not node.lineno <= line <= (node.end_lineno or node.lineno):
            continue
        if best is None or node.lineno >= best.lineno:
            best = node
    return best


def _head(statement: ast.stmt) -> ast.AST:
    """The statement, or of one that holds others the expression that is evaluated by itself."""
    for name in ("test", "iter", "subject"):
        value = getattr(statement, name, None)
        if isinstance(value, ast.expr) and hasattr(statement, "body"):
            return value
    return statement


def _part(statement: ast.stmt, link: TracebackType) -> str:
    """The expression that raised, by the positions that Python keeps for each instruction; empty if it keeps none."""
    positions = list(link.tb_frame.f_code.co_positions())
    line, end_line, column, end_column = positions[link.tb_lasti // 2]
    for node in ast.walk(statement):
        if isinstance(node, ast.expr) and (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset) == (
            line,
            end_line,
            column,
            end_column,
        ):
            return ast.unparse(node)
    return ""


def _operands(statement: ast.stmt, frame: FrameType) -> list[list[Any]]:
    """Each name and subscript of the statement with what it is: its text, type, shape, length or whole number."""
    described: dict[str, list[Any]] = {}
    scope = {**frame.f_globals, **frame.f_locals}
    for node in _looked_up(_head(statement)):
        text = ast.unparse(node)
        if len(described) < _OPERANDS and len(text) <= _TEXT // 4 and text not in described:
            described[text] = [clean(text, _TEXT // 4), *_described(_value(node, scope))]
    return list(described.values())


def _looked_up(node: ast.AST) -> Iterator[ast.expr]:
    for each in ast.walk(node):
        if isinstance(each, ast.Name | ast.Subscript) and isinstance(each.ctx, ast.Load):
            yield each


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
    if type(at) is not int or type(sequence) not in {list, tuple, np.ndarray}:
        return _UNKNOWN
    if type(sequence) is np.ndarray and sequence.ndim == 0:
        return _UNKNOWN
    return sequence[at] if -len(sequence) <= at < len(sequence) else _UNKNOWN


def _described(value: Any) -> list[Any]:
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

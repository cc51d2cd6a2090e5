"""Edits that add something to a statement, or exchange a part of it for any other value that its function has."""

import ast
import copy
from collections.abc import Iterator, Sequence
from itertools import product

from backmark.worker.sandbox.inside.accessors import spell
from backmark.worker.sandbox.inside.entry import EDITS
from backmark.worker.sandbox.inside.mending.edits import Change, substitute
from backmark.worker.sandbox.inside.mending.groups import Function

OPERAND, FACTOR, TERM, DIVISOR, OPERATOR, CALL = (
    kind for kind in EDITS if kind in {"operand", "factor", "term", "divisor", "operator", "call"}
)
#: Values of a function, and their sizes, that are tried in one statement.
_MOST_VALUES, _SIZED = 24, 5
#: Functions that are left out.
_FUNCTIONS = ("log", "exp", "sqrt", "tanh", "abs", "square")
_SHAPE = ("shape[0]", "shape[1]")
_Made = tuple[ast.stmt, Change]


def list_values(function: Function) -> list[ast.expr]:
    """Return the values that a function has: what it writes, its parameters, attributes and entries that it reads."""
    written = [name for group in function.groups for name in group.target.names]
    texts = [*written, *function.parameters]
    for node in ast.walk(function.node):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Load):
            is_entry = isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
            is_own = isinstance(node, ast.Attribute) and spell(node).startswith("self.")
            texts += [ast.unparse(node)] if is_entry or is_own else []
    known = dict.fromkeys(text for text in texts if text not in {"", "return", "self"})
    return [ast.parse(text, mode="eval").body for text in [*known][:_MOST_VALUES]]


def list_exchanges(node: ast.stmt, values: Sequence[ast.expr]) -> Iterator[_Made]:
    """Yield a statement with another value in the place of a variable, an attribute or an entry."""
    for part in _list_operands(node, (ast.Name, ast.Attribute, ast.Subscript)):
        own = ast.dump(part)
        for value in values:
            if ast.dump(value) != own:
                yield _exchange(node, part, copy.deepcopy(value), Change(OPERAND, part, value))
            if isinstance(part, ast.Subscript) and isinstance(value, (ast.Name, ast.Attribute)):
                whole = ast.Subscript(copy.deepcopy(value), part.slice, ast.Load())
                if ast.dump(whole) != own:
                    yield _exchange(node, part, whole, Change(OPERAND, part, whole))


def list_operations(node: ast.stmt) -> Iterator[_Made]:
    """Yield a statement with a sum in the place of a product, or the reverse."""
    for part in _list_operands(node, (ast.BinOp,)):
        if isinstance(part, ast.BinOp) and isinstance(part.op, (ast.Add, ast.Mult)):
            operator = ast.Mult() if isinstance(part.op, ast.Add) else ast.Add()
            made = ast.BinOp(part.left, operator, part.right)
            yield _exchange(node, part, made, Change(OPERATOR, part, made))


def list_additions(node: ast.stmt, values: Sequence[ast.expr], parameters: Sequence[str]) -> Iterator[_Made]:
    """Yield a statement with a function, a factor, a term or a divisor more, the simplest first."""
    sizes = [ast.parse(f"{name}.{size}", mode="eval").body for name in parameters[:_SIZED] for size in _SHAPE]
    parts = list(_list_operands(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)))
    for part in parts:
        yield from _call(node, part)
    for part in parts:
        yield _add(node, part, ast.Mult(), ast.Constant(2), FACTOR)
        yield _add(node, part, ast.Div(), ast.Constant(2), DIVISOR)
    for part, value in product(parts, values):
        yield _add(node, part, ast.Mult(), value, FACTOR)
        if ast.dump(part) != ast.dump(value):
            yield _add(node, part, ast.Add(), value, TERM)
            yield _add(node, part, ast.Sub(), value, TERM)
    for part, value in product(parts, [*values, *sizes]):
        yield _add(node, part, ast.Div(), value, DIVISOR)
    for part, size in product(parts, sizes):
        yield _add(node, part, ast.Mult(), size, FACTOR)
    for part, value in product(parts, values):
        yield from _multiply(node, part, value)
        for slope in _list_slopes(value):
            yield _add(node, part, ast.Mult(), slope, FACTOR)


def _call(node: ast.stmt, part: ast.expr) -> Iterator[_Made]:
    for name in _FUNCTIONS:
        function = ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load())
        called = ast.Call(function, [part], [])
        yield _exchange(node, part, called, Change(CALL, part, called))


def _multiply(node: ast.stmt, part: ast.expr, value: ast.expr) -> Iterator[_Made]:
    """Yield a statement with a matrix more, on either side of a part."""
    for matrix in (value, ast.Attribute(value, "T", ast.Load())):
        for left, right in ((part, matrix), (matrix, part)):
            yield _exchange(node, part, ast.BinOp(left, ast.MatMult(), right), Change(FACTOR, None, matrix))


def _list_slopes(value: ast.expr) -> Iterator[ast.expr]:
    """Yield a value's transpose, and the slopes of a sigmoid, a hyperbolic tangent and a linear unit by it."""
    one, zero, two = (ast.Constant(number) for number in (1, 0, 2))
    rest = ast.BinOp(one, ast.Sub(), value)
    yield ast.Attribute(value, "T", ast.Load())
    yield rest
    yield ast.BinOp(value, ast.Mult(), rest)
    yield ast.BinOp(one, ast.Sub(), ast.BinOp(value, ast.Pow(), two))
    yield ast.Compare(value, [ast.Gt()], [zero])


def _add(node: ast.stmt, part: ast.expr, operator: ast.operator, value: ast.expr, kind: str) -> _Made:
    return _exchange(node, part, ast.BinOp(part, operator, value), Change(kind, None, value))


def _exchange(node: ast.stmt, part: ast.expr, by: ast.expr, change: Change) -> _Made:
    return substitute(node, part, by), change


def _list_operands(node: ast.stmt, kinds: tuple[type[ast.expr], ...]) -> Iterator[ast.expr]:
    """Yield the parts of a statement's value that compute, none of them of an index or an argument's name."""
    value = getattr(node, "value", None)
    parts = [] if value is None else [value]
    while parts:
        part = parts.pop(0)
        called = part.func if isinstance(part, ast.Call) else None
        if isinstance(part, kinds) and not _is_module(part):
            yield part
        if isinstance(part, ast.Subscript):
            continue
        for child in ast.iter_child_nodes(part):
            if child is called:
                parts += [child.value] if isinstance(child, ast.Attribute) and not _is_module(child.value) else []
            elif isinstance(child, ast.expr) and not isinstance(part, (ast.Attribute, ast.Lambda)):
                parts.append(child)


def _is_module(node: ast.AST) -> bool:
    return spell(node) in {"np", "numpy", "math"} or (isinstance(node, ast.Attribute) and _is_module(node.value))

"""The small arithmetic language of an assignment's dims, shapes and scales: read as a tree, never evaluated by Python."""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

#: Characters of an expression, whole numbers in it, items of a list: more is a mistake.
_LONGEST, _LARGEST, _ITEMS = 300, 1 << 40, 10_000

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: operator.mod,
        ast.Pow: operator.pow,
    }
)
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = MappingProxyType(
    {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}
)
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Eq: operator.eq,
        ast.NotEq: operator.ne,
        ast.Lt: operator.lt,
        ast.LtE: operator.le,
        ast.Gt: operator.gt,
        ast.GtE: operator.ge,
    }
)
#: The functions that an expression may call.
FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "prod": math.prod,
        "sum": sum,
        "min": min,
        "max": max,
        "len": len,
        "abs": abs,
        "sqrt": math.sqrt,
        "range": lambda *ends: list(range(*ends)),
        "reversed": lambda items: list(items)[::-1],
    }
)


class ExpressionError(ValueError):
    """An expression that is not one, or has no value with these names."""


def names(text: str) -> frozenset[str]:
    """Return the names of values that an expression uses; raises ExpressionError."""
    tree = _parse(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called)


def evaluate(text: str, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = FUNCTIONS) -> Any:
    """Return the value of an expression over named values; raises ExpressionError."""
    try:
        return _evaluate(_parse(text), values, functions)
    except (ArithmeticError, TypeError, ValueError, LookupError) as error:
        if isinstance(error, ExpressionError):
            raise
        message = f"{text!r} has no value: {error}"
        raise ExpressionError(message) from error


def _parse(text: str) -> ast.expr:
    if len(text) > _LONGEST:
        raise ExpressionError(f"an expression of {len(text)} characters; at most {_LONGEST} are read")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        message = f"{text!r} is no expression"
        raise ExpressionError(message) from error


def _evaluate(node: ast.expr, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    def value(part: ast.expr) -> Any:
        return _evaluate(part, values, functions)

    match node:
        case ast.Constant(value=int() | float() | str() as constant):
            return _bounded(constant)
        case ast.Name(id=name):
            if name not in values:
                raise ExpressionError(f"{name} is not known here; known are {', '.join(values) or 'no names'}")
            return values[name]
        case ast.BinOp(op=op, left=left, right=right) if type(op) in _BINARY:
            return _bounded(_operate(op, value(left), value(right)))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](value(operand))
        case ast.BoolOp(op=op, values=parts):
            return (all if isinstance(op, ast.And) else any)(map(value, parts))
        case ast.Compare(left=left, ops=ops, comparators=rights) if all(type(op) in _COMPARISONS for op in ops):
            operands = [value(left), *map(value, rights)]
            pairs = zip(ops, operands, operands[1:], strict=False)
            return all(_COMPARISONS[type(op)](first, second) for op, first, second in pairs)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return value(body) if value(test) else value(orelse)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return _bounded(list(map(value, parts)))
        case ast.Subscript(value=whole, slice=ast.Slice(lower=lower, upper=upper, step=None)):
            return value(whole)[value(lower) if lower else None : value(upper) if upper else None]
        case ast.Subscript(value=whole, slice=index):
            return value(whole)[value(index)]
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in functions:
            return _bounded(functions[name](*map(value, arguments)))
    raise ExpressionError(f"{ast.unparse(node)!r} is not allowed here; expressions have numbers, names and arithmetic")


def _operate(op: ast.operator, left: Any, right: Any) -> Any:
    sizes = [len(side) for side in (left, right) if isinstance(side, (list, str))]
    if (
        sizes
        and isinstance(op, ast.Mult)
        and math.prod(abs(side) if isinstance(side, int) else len(side) for side in (left, right)) > _ITEMS
    ):
        raise ExpressionError("a list that is too long")
    if isinstance(op, ast.Pow) and (abs(left) > 1 << 20 or abs(right) > 64):
        raise ExpressionError("a power that is too large")
    return _BINARY[type(op)](left, right)


def _bounded(value: Any) -> Any:
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise ExpressionError("a whole number that is too large")
    if isinstance(value, (list, str)) and len(value) > _ITEMS:
        raise ExpressionError("a list that is too long")
    return value

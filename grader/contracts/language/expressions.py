"""The small arithmetic language of dims, shapes and scales: read as a tree, and never evaluated by Python."""

# ruff: noqa: N815 - methods are named for the nodes that they read

import ast
import math
import operator
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

#: Characters of an expression, whole numbers in it: more is a mistake.
_LONGEST, _LARGEST = 300, 1 << 40
#: Items of a list with all lists in it, and characters of texts, of one value and of all dims of a case.
MOST_ITEMS = 10_000
#: Expressions whose trees are kept: each is evaluated for each case, and for each item of a list.
_KEPT = 1024
#: Most items of an input or of a dim.
MOST_MANY = 100


class ExpressionError(ValueError):
    """An expression that is not one, or has no value with these names."""


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


def _require_numbers(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the function for lists of numbers: a product of a text and a number would be a text."""

    def call(items: Any) -> Any:
        if not all(isinstance(item, (int, float)) for item in items):
            raise ExpressionError("a list with items that are no numbers")
        return function(items)

    return call


def _range(*ends: int) -> list[int]:
    numbers = range(*ends)
    if len(numbers) > MOST_ITEMS:
        raise ExpressionError("a list that is too long")
    return list(numbers)


#: The functions that an expression may call.
FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "prod": _require_numbers(math.prod),
        "sum": _require_numbers(sum),
        "min": min,
        "max": max,
        "len": len,
        "abs": abs,
        "sqrt": math.sqrt,
        "range": _range,
        "reversed": lambda items: list(items)[::-1],
    }
)

#: The function that draws a list, in the expressions of dims alone.
DRAWING = "ints"


#: What Python has and expressions lack, by its name.
_LACKING: Mapping[type[ast.AST], str] = MappingProxyType(
    {
        **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), "a comprehension"),
        ast.Lambda: "a function of its own",
        ast.Attribute: "an attribute",
        ast.JoinedStr: "a text with values in it",
        ast.NamedExpr: "an assignment",
        ast.Dict: "a dictionary",
        ast.Set: "a set",
        ast.Starred: "a list that is spread out",
    }
)


def names(text: str, more: Collection[str] = ()) -> frozenset[str]:
    """Return the names of values that an expression uses.

    Raises ExpressionError for what expressions lack, also for a function that is neither ours nor one of `more`.
    """
    nodes = list(ast.walk(_parse(text)))
    functions = {*FUNCTIONS, *more}
    for node in nodes:
        if type(node) in _LACKING or (isinstance(node, ast.Call) and _called(node) not in functions):
            raise _refusal(node)
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name)) - functions


def calls(text: str, function: str) -> bool:
    """Return True if an expression calls a function of this name; raises ExpressionError."""
    return any(isinstance(node, ast.Call) and _called(node) == function for node in ast.walk(_parse(text)))


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _refusal(node: ast.AST) -> ExpressionError:
    """Return the error about a node of a kind that is not allowed."""
    try:
        text = ast.unparse(node)
    except RecursionError:
        return ExpressionError("an expression that is nested too deeply")
    if isinstance(node, ast.Call) and _called(node) not in FUNCTIONS:
        return ExpressionError(f"{text!r} calls a function that is not known there; known are {', '.join(FUNCTIONS)}")
    kind = _LACKING.get(type(node), "not allowed")
    return ExpressionError(
        f"{text!r} is {kind}; expressions have numbers, names, arithmetic, comparisons, lists and a few functions"
    )


def evaluate(text: str, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = FUNCTIONS) -> Any:
    """Return the value of an expression over named values; raises ExpressionError."""
    try:
        return _evaluate(_parse(text), values, functions)
    except RecursionError as error:
        message = f"{text!r} is nested too deeply"
        raise ExpressionError(message) from error
    except (ArithmeticError, TypeError, ValueError, LookupError) as error:
        if isinstance(error, ExpressionError):
            raise
        message = f"{text!r} has no value: {error}"
        raise ExpressionError(message) from error


def count(text: str, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = FUNCTIONS) -> int:
    """Return the value of an expression that is a number of items; raises ExpressionError."""
    number = evaluate(text, values, functions)
    if not isinstance(number, int) or not 0 <= number <= MOST_MANY:
        raise ExpressionError(f"{text!r} is {str(number)[:60]}: a number of items is from 0 to {MOST_MANY}")
    return number


@lru_cache(_KEPT)
def _parse(text: str) -> ast.expr:
    if len(text) > _LONGEST:
        raise ExpressionError(f"an expression of {len(text)} characters; at most {_LONGEST} are read")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        message = f"{text!r} is no expression"
        raise ExpressionError(message) from error


def _evaluate(node: ast.expr, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    return _Evaluation(values, functions).value(node)


class _Evaluation:
    """The evaluation of one tree over named values."""

    def __init__(self, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> None:
        self._values = values
        self._functions = functions

    def value(self, node: ast.expr) -> Any:
        """Return a node's value; raises ExpressionError for a node of a kind that is not allowed."""
        handler = getattr(self, f"_value_of_{type(node).__name__}", None)
        if handler is None:
            raise _refusal(node)
        # The value of a name is within bounds already.
        return handler(node) if isinstance(node, ast.Name) else _check_bounds(handler(node))

    def _value_of_Constant(self, node: ast.Constant) -> Any:
        if not isinstance(node.value, (int, float, str)):
            raise _refusal(node)
        return node.value

    def _value_of_Name(self, node: ast.Name) -> Any:
        if node.id not in self._values:
            known = ", ".join(self._values) or "no names"
            raise ExpressionError(f"{node.id} is not known here; known are {known}")
        return self._values[node.id]

    def _value_of_BinOp(self, node: ast.BinOp) -> Any:
        if type(node.op) not in _BINARY:
            raise _refusal(node)
        return _operate(node.op, self.value(node.left), self.value(node.right))

    def _value_of_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if type(node.op) not in _UNARY:
            raise _refusal(node)
        return _UNARY[type(node.op)](self.value(node.operand))

    def _value_of_BoolOp(self, node: ast.BoolOp) -> bool:
        decide = all if isinstance(node.op, ast.And) else any
        return decide(map(self.value, node.values))

    def _value_of_Compare(self, node: ast.Compare) -> bool:
        if any(type(op) not in _COMPARISONS for op in node.ops):
            raise _refusal(node)
        operands = [self.value(node.left), *map(self.value, node.comparators)]
        pairs = zip(node.ops, operands, operands[1:], strict=False)
        return all(_COMPARISONS[type(op)](first, second) for op, first, second in pairs)

    def _value_of_IfExp(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def _value_of_List(self, node: ast.List | ast.Tuple) -> list[Any]:
        return list(map(self.value, node.elts))

    _value_of_Tuple = _value_of_List

    def _value_of_Subscript(self, node: ast.Subscript) -> Any:
        whole = self.value(node.value)
        if not isinstance(node.slice, ast.Slice):
            return whole[self.value(node.slice)]
        if node.slice.step is not None:
            raise _refusal(node)
        ends = [None if end is None else self.value(end) for end in (node.slice.lower, node.slice.upper)]
        return whole[ends[0] : ends[1]]

    def _value_of_Call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name) or node.func.id not in self._functions or node.keywords:
            raise _refusal(node)
        return self._functions[node.func.id](*map(self.value, node.args))


def _operate(op: ast.operator, left: Any, right: Any) -> Any:
    if (isinstance(left, str) or isinstance(right, str)) and not isinstance(op, ast.Add):
        raise ExpressionError("a text, with which nothing is reckoned")
    if isinstance(op, ast.Mult) and any(isinstance(side, list) for side in (left, right)):
        lengths = [side if isinstance(side, (int, float)) else len(side) for side in (left, right)]
        if abs(math.prod(lengths)) > MOST_ITEMS:
            raise ExpressionError("a list that is too long")
    if isinstance(op, ast.Pow) and (abs(left) > 1 << 20 or abs(right) > 64):
        raise ExpressionError("a power that is too large")
    return _BINARY[type(op)](left, right)


def _check_bounds(value: Any) -> Any:
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise ExpressionError("a whole number that is too large")
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise ExpressionError(f"{value} is no finite real number")
    count_items(value)
    return value


def count_items(value: Any, before: int = 0) -> int:
    """Return how many items there are with those of a value: of a list with all lists in it, characters of a text.

    Raises ExpressionError for more than there may be.
    """
    if not isinstance(value, (list, str)):
        return before
    counted = before + len(value)
    if counted > MOST_ITEMS:
        raise ExpressionError(
            f"a {'text' if isinstance(value, str) else 'list'} that is too long: all dims together have at most"
            f" {MOST_ITEMS:,} items and characters"
        )
    if isinstance(value, list):
        for item in value:
            counted = count_items(item, counted)
    return counted

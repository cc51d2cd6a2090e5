"""The results of a case: expressions with their indices filled in, and the arrays that they must equal."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from backmark.grader.contracts.language.assignment import ContractAssignment, ContractResult
from backmark.grader.contracts.language.expressions import ExpressionError, evaluate

#: Results of one case.
MOST_RESULTS = 1000

_BRACES = re.compile(r"\{([^{}]*)\}")
_TARGET = re.compile(r"([A-Za-z_]\w*)((?:\[\d+\])*)")


class IndexedResult(NamedTuple):
    """A result of one case: its expression there, its declaration and the place of that, its target and its factor."""

    expression: str
    result: ContractResult
    place: int
    target: str
    scale: float


def list_results(assignment: ContractAssignment, dims: Mapping[str, Any]) -> Iterator[IndexedResult]:
    """Yield the results that a case with these dims has; raises ExpressionError."""
    listed = 0
    for place, result in enumerate(assignment.results):
        indices = evaluate(result.over, dims) if result.over else [None]
        if not isinstance(indices, list) or not all(index is None or isinstance(index, int) for index in indices):
            raise ExpressionError(f"{result.over!r} is no list of whole numbers")
        listed += len(indices)
        if listed > MOST_RESULTS:
            raise ExpressionError(f"a case has more than {MOST_RESULTS} results")
        for index in indices:
            known = dict(dims) if index is None else {**dims, result.index: index}
            expression = result.expression if index is None else fill(result.expression, result.index, index)
            target = _fill_braces(result.grad or result.value, known)
            yield IndexedResult(expression, result, place, target, _evaluate_scale(result.scale, known))


def _evaluate_scale(scale: str, known: Mapping[str, Any]) -> float:
    factor = evaluate(scale, known)
    if not isinstance(factor, (int, float)):
        raise ExpressionError(f"{scale!r} is no number")
    return float(factor)


def split_target(target: str) -> tuple[str, list[int]]:
    """Return the name of a target, and the indices behind it: `W[2]` is `W` and 2; ValueError if it is no target."""
    match = _TARGET.fullmatch(target)
    if match is None:
        raise ValueError(f"{target!r} is no name with indices")
    return match[1], [int(index) for index in re.findall(r"\d+", match[2])]


def find(values: Mapping[str, Any], target: str) -> Any:
    """Return the value of a target among named values; raises LookupError or TypeError."""
    if target in values:
        return values[target]
    name, path = split_target(target)
    value = values[name]
    for index in path:
        value = value[index]
    return value


def _fill_braces(target: str, known: Mapping[str, Any]) -> str:
    """Return a target with the values of the expressions in braces: `W[{l}]` becomes `W[1]`."""
    return _BRACES.sub(lambda match: str(evaluate(match[1], known)), target)


def fill(expression: str, name: str, index: int) -> str:
    """Return the expression with a number for the index: `grads['dW' + str(l + 1)]` becomes `grads['dW2']`."""
    tree = ast.parse(expression, mode="eval")
    return ast.unparse(_Filler(name, index).visit(tree))


class _Filler(ast.NodeTransformer):
    """Puts a number in the place of a name, and works out what is constant then."""

    def __init__(self, name: str, index: int) -> None:
        self.name = name
        self.index = index

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self.index) if node.id == self.name else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(ast.Constant(left), ast.Add(), ast.Constant(right)) if type(left) is type(right):
                return ast.Constant(left + right)  # type: ignore[operator] # two numbers or two texts
            case ast.BinOp(ast.Constant(int(left)), ast.Sub(), ast.Constant(int(right))):
                return ast.Constant(left - right)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Name("str"), [ast.Constant(value)], []):
                return ast.Constant(str(value))
        return node

"""Expressions as they compute: `np.matmul`, `dot` and `@` are one product, and copies are what they copy."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import itemgetter

from backmark.worker.sandbox.inside.accessors import spell

#: Functions that return what they are given; those that are written as operators, too.
COPIES = frozenset({"copy", "array", "asarray", "astype", "deepcopy", "float64"})
FUNCTIONS: dict[str, ast.operator] = {
    "matmul": ast.MatMult(),
    "dot": ast.MatMult(),
    "multiply": ast.Mult(),
    "add": ast.Add(),
    "subtract": ast.Sub(),
    "divide": ast.Div(),
    "true_divide": ast.Div(),
    "power": ast.Pow(),
}
#: Functions whose second argument is the axis.
_REDUCTIONS = frozenset({"sum", "mean", "max", "min", "std", "var", "prod", "argmax"})
_MODULES = frozenset({"np", "numpy", "copy"})


@dataclass(frozen=True)
class View:
    """An expression as it computes: a word for what is done, and with which parts."""

    node: ast.expr
    word: str
    parts: tuple[ast.expr, ...] = ()
    #: The operator of an operation.
    operator: ast.operator | None = None
    #: The name of a function that is called, and the keywords by their names.
    function: str = ""
    keywords: tuple[tuple[str, ast.expr], ...] = ()
    comparison: bool = False

    def make(self, parts: Sequence[ast.expr], keywords: Sequence[tuple[str, ast.expr]] | None = None) -> ast.expr:
        """Return the same call, or the same comparison, of other parts."""
        node = self.node
        if isinstance(node, ast.Compare):
            return ast.Compare(parts[0], node.ops, list(parts[1:]))
        if not isinstance(node, ast.Call):
            raise TypeError(node)
        given = [ast.keyword(name, value) for name, value in (self.keywords if keywords is None else keywords)]
        if isinstance(node.func, ast.Attribute) and _is_method(node.func):
            return ast.Call(ast.Attribute(parts[0], node.func.attr, ast.Load()), list(parts[1:]), given)
        return ast.Call(node.func, list(parts), given)


def view(node: ast.expr) -> View:
    """Return an expression as it computes."""
    for kind, see in _SEEN.items():
        if isinstance(node, kind):
            return see(node)
    parts = tuple(part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr))
    return View(node, type(node).__name__ if parts else ast.dump(node), parts)


def chain(parts: Sequence[ast.expr], operator: ast.operator) -> ast.expr:
    """Return an operation of one or more operands."""
    return reduce(lambda left, right: ast.BinOp(left, operator, right), parts)


def _see_name(node: ast.Name) -> View:
    # A name of the solution's module is the submission's of that name.
    return View(node, f"name {node.id.strip()}")


def _see_attribute(node: ast.Attribute) -> View:
    if node.attr == "T":
        return View(node, "T", (node.value,))
    return View(node, f"name {spell(node)}") if spell(node) else View(node, f"attribute {node.attr}", (node.value,))


def _see_entry(node: ast.Subscript) -> View:
    index = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return View(node, "entry", (node.value, *index))


def _see_operation(node: ast.BinOp) -> View:
    return _make_operation(node, node.left, node.right, node.op)


def _make_operation(node: ast.expr, left: ast.expr, right: ast.expr, operator: ast.operator) -> View:
    parts = tuple(part for operand in (left, right) for part in _flatten(operand, operator))
    return View(node, type(operator).__name__, parts, operator)


def _flatten(node: ast.expr, operator: ast.operator) -> tuple[ast.expr, ...]:
    """Return the factors of a product of products, and the terms of a sum of sums."""
    inner = view(node) if isinstance(operator, (ast.Mult, ast.Add)) else None
    return inner.parts if inner is not None and type(inner.operator) is type(operator) else (node,)


def _see_sign(node: ast.UnaryOp) -> View:
    if isinstance(node.op, ast.USub):
        return View(node, "neg", (node.operand,))
    return View(node, type(node.op).__name__, (node.operand,))


def _see_comparison(node: ast.Compare) -> View:
    word = " ".join(type(operator).__name__ for operator in node.ops)
    return View(node, word, (node.left, *node.comparators), comparison=True)


def _see_call(node: ast.Call) -> View:
    function = node.func
    method = isinstance(function, ast.Attribute) and _is_method(function)
    name = function.attr if isinstance(function, ast.Attribute) else spell(function).strip()
    holders = [function.value] if isinstance(function, ast.Attribute) and method else []
    arguments: tuple[ast.expr, ...] = (*holders, *node.args)
    unpacked = [argument for argument in arguments if isinstance(argument, ast.Starred)]
    if not name or unpacked or any(keyword.arg is None for keyword in node.keywords):
        return View(node, ast.dump(node))
    if name in COPIES and arguments:
        return view(arguments[0])
    if name == "transpose" and len(arguments) == 1:
        return View(node, "T", arguments)
    if name in FUNCTIONS and len(arguments) == 2 and not node.keywords:
        return _make_operation(node, *arguments, FUNCTIONS[name])
    keywords = {keyword.arg or "": keyword.value for keyword in node.keywords}
    if name in _REDUCTIONS and len(arguments) == 2:
        first, keywords["axis"] = arguments
        arguments = (first,)
    return View(
        node, f"call {name}", arguments, function=name, keywords=tuple(sorted(keywords.items(), key=itemgetter(0)))
    )


def _is_method(function: ast.Attribute) -> bool:
    return spell(function.value) not in _MODULES and not spell(function.value).startswith("np.")


_SEEN: dict[type[ast.expr], Callable[..., View]] = {
    ast.Name: _see_name,
    ast.Attribute: _see_attribute,
    ast.Subscript: _see_entry,
    ast.BinOp: _see_operation,
    ast.UnaryOp: _see_sign,
    ast.Compare: _see_comparison,
    ast.Call: _see_call,
}

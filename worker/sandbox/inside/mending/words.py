"""The words of an expression in one spelling: `np.dot`, `matmul` and `@` are one product."""

import ast
from collections import Counter

from backmark.worker.sandbox.inside.accessors import spell

from .views import COPIES, FUNCTIONS

_TRANSPOSES = frozenset({"T", "transpose"})
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.USub: "neg",
}


def count_words(*nodes: ast.AST) -> Counter[str]:
    """Return how often each word stands in the nodes: names, numbers, operators, functions."""
    return Counter(word for node in nodes for part in ast.walk(node) for word in _words(part))


def _words(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [] if node.id in {"np", "numpy"} else [f"name {node.id}"]
    if isinstance(node, ast.Attribute):
        return _words_of_attribute(node)
    if isinstance(node, ast.Constant):
        return [f"constant {node.value!r}"] if isinstance(node.value, (int, float, str)) else []
    operator = getattr(node, "op", None) or next(iter(getattr(node, "ops", ())), None)
    if operator is not None:
        return [_OPERATORS.get(type(operator), type(operator).__name__)]
    return ["entry"] if isinstance(node, ast.Subscript) else []


def _words_of_attribute(node: ast.Attribute) -> list[str]:
    if node.attr in _TRANSPOSES:
        return ["T"]
    if node.attr in COPIES:
        return []
    name = spell(node)
    if node.attr in FUNCTIONS:
        return [_OPERATORS[type(FUNCTIONS[node.attr])]]
    return [name if name.startswith("self.") else node.attr]


def similarity(first: Counter[str], second: Counter[str]) -> float:
    """Return the part of the words that two expressions have in common, from 0 to 1."""
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 1.0

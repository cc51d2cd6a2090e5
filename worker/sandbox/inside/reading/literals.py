"""How much of a submission is written out as data: a table of answers is nothing else."""

import ast
from collections.abc import Iterable

#: Characters of code below which it is no table of answers, and is not looked through.
_LEAST = 4_000


def measure_literals(code: str, nodes: Iterable[ast.AST]) -> int:
    """Return the characters of the numbers, texts and bytes in code with these syntax trees, docstrings apart."""
    return 0 if len(code) < _LEAST else sum(_measure(tree) for tree in nodes)


def _measure(tree: ast.AST) -> int:
    size = 0
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Constant) and type(node.value) in {int, float, complex, str, bytes}:
            size += _measure_constant(node)
        waiting.extend(ast.iter_child_nodes(node))
    return size


def _measure_constant(node: ast.Constant) -> int:
    if node.lineno == node.end_lineno and node.end_col_offset is not None:
        return node.end_col_offset - node.col_offset
    # Numbers stand on one line.
    return len(node.value) if isinstance(node.value, (str, bytes)) else 0

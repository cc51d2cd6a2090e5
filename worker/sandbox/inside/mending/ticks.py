"""Ticks: every loop of a mended program counts its turns, and every function its calls, so that each ends."""

import ast
from typing import TypeVar

from .groups import FUNCTIONS, LOOPS

#: The name of what counts the turns of loops in a mended program: no name that a program can write.
TICK = " tick"

Node = TypeVar("Node", bound=ast.AST)


def count_turns(tree: ast.Module) -> None:
    """Have every loop of a program count its turns, and every function its calls: recursion may not end either."""
    for node in ast.walk(tree):
        if isinstance(node, LOOPS):
            node.body.insert(0, make_tick(node))
        elif isinstance(node, FUNCTIONS):
            node.body.insert(1 if ast.get_docstring(node) else 0, make_tick(node.body[0]))


def make_tick(node: ast.stmt) -> ast.stmt:
    """Return a tick, with the line of a statement."""
    return locate(ast.Expr(ast.Call(ast.Name(TICK, ast.Load()), [], [])), node)


def locate(node: Node, place: ast.stmt) -> Node:
    """Give a tree the line of a statement."""
    for part in ast.walk(node):
        if isinstance(part, (ast.stmt, ast.expr, ast.keyword, ast.arg)):
            ast.copy_location(part, place)
    return node

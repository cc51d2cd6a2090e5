"""The target that a statement writes: a name or an attribute, and the way into what it holds."""

import ast
from dataclasses import dataclass
from typing import TypeGuard

from backmark.worker.sandbox.inside.accessors import spell

#: Calls that change the object before the dot, or their first argument.
_CHANGING = frozenset({"append", "insert", "extend", "update", "fill", "setdefault", "at", "copyto", "put", "add"})


@dataclass(frozen=True)
class Target:
    """The variable that a statement writes (several for a tuple), as it is spelled, and the keys below it."""

    names: tuple[str, ...]
    keys: tuple[ast.expr, ...] = ()
    #: `=`, `+=`, `call`, `return`, or `bare` for a statement that writes nothing.
    how: str = "="

    @property
    def name(self) -> str:
        """The variable; the first of several."""
        return self.names[0]


#: The target of a statement that writes nothing, but may raise.
BARE = Target(("",), how="bare")


def target_of(statement: ast.stmt) -> Target | None:
    """Return what a statement writes; None if it is a definition, a text, or nothing that could be mended."""
    if isinstance(statement, ast.Return):
        return None if statement.value is None else Target(("return",), how="return")
    if isinstance(statement, (ast.Assert, ast.Raise, ast.Delete)):
        return BARE
    if isinstance(statement, ast.Expr):
        return _target_of_call(statement.value) or (None if isinstance(statement.value, ast.Constant) else BARE)
    return _target_of_assignment(statement)


def _target_of_assignment(statement: ast.stmt) -> Target | None:
    if isinstance(statement, ast.AugAssign):
        return _target_of_expression(statement.target, "+=")
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        return _target_of_expression(statement.target, "=")
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return _target_of_expression(statement.targets[0], "=")
    return None


def _target_of_expression(node: ast.expr, how: str) -> Target | None:
    if isinstance(node, (ast.Tuple, ast.List)):
        parts = [_target_of_expression(part, how) for part in node.elts]
        if not parts or any(part is None or part.keys for part in parts):
            return None
        return Target(tuple(part.name for part in parts if part is not None), how=how)
    keys: list[ast.expr] = []
    while isinstance(node, ast.Subscript):
        keys.insert(0, node.slice)
        node = node.value
    name = spell(node)
    return Target((name,), tuple(keys), how) if name else None


def _target_of_call(node: ast.expr) -> Target | None:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING):
        return None
    holder = node.func.value
    if node.args and (spell(holder) == "np" or spell(holder).startswith("np.")):
        holder = node.args[0]
    return _target_of_expression(holder, "call")


def simplify(node: ast.expr) -> ast.expr:
    """Return a sum of a name and whole numbers in its shortest form; anything else as it is."""
    if _is_minus(node) and _is_minus(node.operand):
        return simplify(node.operand.operand)
    total, rest = _split_sum(node)
    if rest is None:
        return node
    if isinstance(rest, ast.Constant):
        return ast.Constant(total)
    if total == 0:
        return rest
    return ast.BinOp(rest, ast.Add() if total > 0 else ast.Sub(), ast.Constant(abs(total)))


def _is_minus(node: ast.expr) -> TypeGuard[ast.UnaryOp]:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def _split_sum(node: ast.expr) -> tuple[int, ast.expr | None]:
    """Return the whole number in a sum, and what is left of it: a constant if nothing is, None if it is no such sum."""
    if isinstance(node, ast.Constant):
        return (node.value, node) if type(node.value) is int else (0, None)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        left, right = _split_sum(node.left), _split_sum(node.right)
        if left[1] is None or right[1] is None:
            return 0, None
        sign = 1 if isinstance(node.op, ast.Add) else -1
        if isinstance(right[1], ast.Constant):
            return left[0] + sign * right[0], left[1]
        if isinstance(left[1], ast.Constant) and sign > 0:
            return left[0] + right[0], right[1]
        return 0, None
    return 0, node

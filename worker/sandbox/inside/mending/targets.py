"""The target that a statement writes: a name or an attribute, and the way into what it holds."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from backmark.worker.sandbox.inside.accessors import spell

#: Calls that change the object before the dot, or their first argument.
_CHANGING = frozenset({"append", "insert", "extend", "update", "fill", "setdefault", "at", "copyto", "put", "add"})

#: By the name of a variable of the solution's the submission's expression in its place.
Bindings = dict[str, ast.expr]


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


def solve(
    solution: Sequence[ast.expr], submission: Sequence[ast.expr], loops: frozenset[str], inner: frozenset[str]
) -> Bindings | None:
    """Return what the solution's loop variables are in the submission's terms, by the keys of one target in both.

    `loops` are the solution's loop variables, `inner` the submission's. None if the keys cannot be the same.
    """
    bindings: Bindings = {}
    if len(solution) != len(submission):
        return None
    for key, own in zip(solution, submission, strict=True):
        if not _solve_key(_parts(key), _parts(own), loops, inner, bindings):
            return None
    return bindings


def _solve_key(
    key: list[ast.expr], own: list[ast.expr], loops: frozenset[str], inner: frozenset[str], bindings: Bindings
) -> bool:
    if len(key) != len(own):
        return False
    return all(_solve_part(part, mine, loops, inner, bindings) for part, mine in zip(key, own, strict=True))


def _solve_part(
    part: ast.expr, own: ast.expr, loops: frozenset[str], inner: frozenset[str], bindings: Bindings
) -> bool:
    used = list_names(part) & loops
    if not used:
        # `K`, `-1` and `L - 1` may be the same place; texts are compared, and a loop's variable is none of these.
        if _is_text(part) or _is_text(own):
            return ast.dump(part) == ast.dump(own)
        literal = isinstance(part, ast.Constant) and isinstance(own, ast.Constant)
        return ast.dump(part) == ast.dump(own) or not (literal or list_names(own) & inner)
    if len(used) > 1 or _is_text(own):
        return ast.dump(part) == ast.dump(own)
    name = next(iter(used))
    solved = solve_linear(part, own, name)
    if solved is None or (name in bindings and ast.dump(bindings[name]) != ast.dump(solved)):
        return False
    bindings[name] = solved
    return True


def solve_linear(part: ast.expr, own: ast.expr, name: str) -> ast.expr | None:
    """Return `name` of `part == own`, where `part` is made of it by sums, a sign, and as an index; else None."""
    while not (isinstance(part, ast.Name) and part.id == name):
        if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub):
            part, own = part.operand, ast.UnaryOp(ast.USub(), own)
        elif isinstance(part, ast.BinOp) and isinstance(part.op, (ast.Add, ast.Sub)):
            add = isinstance(part.op, ast.Add)
            left, right = part.left, part.right
            if name in list_names(left):
                part, own = left, ast.BinOp(own, ast.Sub() if add else ast.Add(), right)
            else:
                part, own = right, ast.BinOp(own, ast.Sub(), left) if add else ast.BinOp(left, ast.Sub(), own)
        elif isinstance(part, ast.Subscript) and isinstance(own, ast.Subscript) and _have_same_value(part, own):
            part, own = part.slice, own.slice
        else:
            return None
    return simplify(own)


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


def _have_same_value(part: ast.Subscript, own: ast.Subscript) -> bool:
    return ast.dump(part.value) == ast.dump(own.value)


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


def _parts(key: ast.expr) -> list[ast.expr]:
    """Return the parts of a key: of an index of several axes each, of `"dW" + str(l)` the text and the number."""
    if isinstance(key, ast.Tuple):
        return [part for element in key.elts for part in _parts(element)]
    if isinstance(key, ast.JoinedStr):
        return [part.value if isinstance(part, ast.FormattedValue) else part for part in key.values]
    if isinstance(key, ast.BinOp) and isinstance(key.op, ast.Add):
        left, right = _parts(key.left), _parts(key.right)
        if any(map(_is_text, (*left, *right))):
            return [*left, *right]
    if isinstance(key, ast.BinOp) and isinstance(key.op, ast.Mod) and _is_text(key.left):
        return _parts_of_format(key)
    if isinstance(key, ast.Call) and spell(key.func) == "str" and len(key.args) == 1:
        return [key.args[0]]
    return [key]


def _parts_of_format(key: ast.BinOp) -> list[ast.expr]:
    """Return the parts of `"dW%d" % l`."""
    before, _, after = str(getattr(key.left, "value", "")).partition("%d")
    return [ast.Constant(before), key.right, *([ast.Constant(after)] if after else [])]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def list_names(node: ast.AST) -> set[str]:
    """Return the names in a tree."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}

"""The way from a value to a part of it, as its text says it: attributes, entries, items of a tuple."""

import ast
import re
from typing import NamedTuple

_ANYTHING = ".*"
#: Bits of the largest index that is compared as a text: Python writes no number of thousands of digits.
_LARGEST_INDEX = 64


class Accessor(NamedTuple):
    """A step from a value to a part of it: an attribute, or an entry by a pattern of its key."""

    #: `attribute`, `entry`, or `item` for one of so many that a tuple has.
    kind: str
    name: str
    of: int = 0


class UnknownLinesError(Exception):
    """The text does not say which lines write it."""


Path = tuple[Accessor, ...]


def spell(node: ast.AST) -> str:
    """Return a name, or an attribute of one, as it is written; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def pattern_of(key: ast.expr) -> str:
    """Return a pattern of the keys that an index may be: `'dW' + str(l)` is `dW.*`."""
    if isinstance(key, ast.Constant):
        if isinstance(key.value, int) and key.value.bit_length() > _LARGEST_INDEX:
            return _ANYTHING
        return re.escape(str(key.value))
    if isinstance(key, ast.BinOp) and isinstance(key.op, ast.Add):
        left, right = pattern_of(key.left), pattern_of(key.right)
        texts = any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in ast.walk(key))
        return left + right if texts else _ANYTHING
    if isinstance(key, ast.JoinedStr):
        return "".join(pattern_of(part) if isinstance(part, ast.Constant) else _ANYTHING for part in key.values)
    return _ANYTHING


def is_open(pattern: str) -> bool:
    """Return True if more than one key fits the pattern."""
    return _ANYTHING in pattern


def prefix_of(pattern: str) -> str:
    """Return what each key begins with that fits the pattern."""
    return pattern.partition(_ANYTHING)[0]


def fits(first: str, second: str) -> bool:
    """Return True if a key may fit both patterns: what stands before their first gap must agree."""
    if is_open(first) and is_open(second):
        left, right = prefix_of(first), prefix_of(second)
        return left.startswith(right) or right.startswith(left)
    if is_open(second):
        first, second = second, first
    if not is_open(first):
        return first == second
    return re.fullmatch(first, re.sub(r"\\(.)", r"\1", second)) is not None

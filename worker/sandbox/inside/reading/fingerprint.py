"""A name for a definition's syntax tree that every Python version agrees on."""

import ast
import hashlib
from functools import cache
from typing import Any

# How a node was written, or, with an expression's context, what its parent says already.
_SKIPPED = {"ctx", "kind", "type_comment"}
_DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def fingerprint(*nodes: ast.AST) -> str:
    """SHA-256 over node classes, fields, identifiers and constants, not over comments, layout, docstrings.

    Empty and absent fields are passed over, since newer Pythons add such; fields go in alphabetical order.
    """
    written = bytearray()
    # A stack of its own: a legal expression may nest deeper than Python's recursion limit.
    todo: list[object] = [*reversed(nodes)]
    while todo:
        item = todo.pop()
        if isinstance(item, bytes):
            written += item
        elif isinstance(item, ast.AST):
            todo.append(b")")
            written += b"(" + type(item).__name__.encode()
            _push_fields(item, todo)
        elif isinstance(item, list):
            todo.append(b"]")
            todo += item[::-1]
            written += b"["
        else:
            written += _constant(item)
    return hashlib.sha256(written).hexdigest()


def _push_fields(node: ast.AST, todo: list[object]) -> None:
    """Put the fields on the stack, the first of them on top."""
    if isinstance(node, ast.Constant):
        todo += (_constant(node.value), b" value=")
        return
    kind: Any = type(node)
    for name, label in _names(kind):
        value: Any = getattr(node, name, None)
        if name == "body" and isinstance(node, _DOCUMENTED):
            value = _strip_docstring(value)
        elif name == "values" and isinstance(node, ast.JoinedStr):
            value = _join(value)
        if value is not None and value != []:
            todo += (value, label)


@cache
def _names(kind: type[ast.AST]) -> list[tuple[str, bytes]]:
    """The fields that count, from the last to the first, and what stands before each."""
    return [(name, b" " + name.encode() + b"=") for name in sorted(kind._fields, reverse=True) if name not in _SKIPPED]


def _strip_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:]
    return body


def _join(values: list[ast.expr]) -> list[ast.expr]:
    """Join neighbouring texts among an f-string's parts: Python 3.12 began to split them elsewhere."""
    merged: list[ast.expr] = []
    for value in values:
        last = merged[-1] if merged else None
        if isinstance(value, ast.Constant) and isinstance(last, ast.Constant):
            merged[-1] = ast.Constant(f"{last.value!s}{value.value!s}")
        elif not (isinstance(value, ast.Constant) and value.value == ""):
            merged.append(value)
    return merged


def _constant(value: object) -> bytes:
    """Type and value, spelled without `repr` of text, which follows the Unicode tables of the version."""
    kind = type(value).__name__.encode()
    if isinstance(value, str):
        return kind + b":" + value.encode("utf-8", "surrogatepass").hex().encode() + b";"
    if isinstance(value, bytes):
        return kind + b":" + value.hex().encode() + b";"
    if isinstance(value, int):
        # Hexadecimal has no limit of digits and takes linear time.
        return kind + b":" + hex(value).encode() + b";"
    if isinstance(value, float):
        return kind + b":" + value.hex().encode() + b";"
    if isinstance(value, complex):
        return kind + b":" + value.real.hex().encode() + b"," + value.imag.hex().encode() + b";"
    return kind + b";"

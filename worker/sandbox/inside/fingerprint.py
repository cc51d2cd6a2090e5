"""A name for a definition's syntax tree that every Python version agrees on."""

import ast
import hashlib
from collections.abc import Iterator

# How a node was written, or, with an expression's context, what its parent says already.
_SKIPPED = {"ctx", "kind", "type_comment"}
_DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def fingerprint(node: ast.AST) -> str:
    """SHA-256 over node classes, fields, identifiers and constants, not over comments, layout, docstrings.

    Empty and absent fields are passed over, since newer Pythons add such; fields go in alphabetical order.
    """
    digest = hashlib.sha256()
    # A stack of its own: a legal expression may nest deeper than Python's recursion limit.
    todo: list[object] = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, bytes):
            digest.update(item)
        elif isinstance(item, ast.AST):
            todo.append(b")")
            todo.extend(reversed(list(_fields(item))))
            digest.update(b"(" + type(item).__name__.encode())
        elif isinstance(item, list):
            todo.append(b"]")
            todo.extend(reversed(item))
            digest.update(b"[")
        else:
            digest.update(_constant(item))
    return digest.hexdigest()


def _fields(node: ast.AST) -> Iterator[object]:
    for name in sorted(node._fields):
        value = getattr(node, name, None)
        if isinstance(node, ast.Constant) and name == "value":
            yield b" value="
            yield _constant(value)
            continue
        if name in _SKIPPED or value is None:
            continue
        if name == "body" and isinstance(node, _DOCUMENTED):
            value = _undocumented(value)
        elif name == "values" and isinstance(node, ast.JoinedStr):
            value = _joined(value)
        if value != []:
            yield b" " + name.encode() + b"="
            yield value


def _undocumented(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:]
    return body


def _joined(values: list[ast.expr]) -> list[ast.expr]:
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

"""The lines that write lists of known names: those that a person would look at first."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .body_writes import is_empty, pair_targets
from .slicing import Statement

#: Lines that are reported, and nodes and characters of an index that is still one to read.
_MOST, _NODES, _CHARACTERS = 40, 8, 40
#: The fields in which a statement, or a branch of one, holds others.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True, slots=True)
class Write:
    """An assignment to an entry of a list, with its index as it is written (empty if that is long).

    Also one to what a result of a call is, by the result's expression.
    """

    name: str
    index: str
    #: From 1 over the notebook's code cells; 0 in a file.
    cell: int
    line: int
    #: The path of the file in a package, once it is known; its number is the cell.
    file: str | None = None
    #: The first line of its cell, once that is known.
    begins: str = ""


def writes(statements: Iterable[Statement], lists: frozenset[str]) -> tuple[Write, ...]:
    """Return the first writes to an entry of one of the lists, as they stand in the source.

    A list of which a write stands in one of several branches is left out: which of them ran is not known. So is one
    that may get entries otherwise, and one of which a write only stores what other lines made.
    """
    if not lists:
        return ()
    several = list(statements)
    found_writes = [write for statement in several for write in _writes(statement, lists)]
    unclear = {write.name for write, clear in found_writes if not clear}
    unclear |= {name for statement in several for name in _find_exposed(statement.node, lists)}
    entries = [write for write, _ in found_writes if write.name not in unclear]
    return tuple(sorted(entries, key=lambda write: (write.cell, write.line))[:_MOST])


def _writes(statement: Statement, lists: frozenset[str]) -> Iterator[tuple[Write, bool]]:
    """Yield each write, with whether it runs for every layer that has the entry, and makes what it writes."""
    for node, branching, guarded in _statements(statement.node):
        for target, value in pair_targets(node):
            entry = _find_entry(target)
            if isinstance(entry, ast.Subscript) and isinstance(entry.value, ast.Name) and entry.value.id in lists:
                write = Write(entry.value.id, _index(entry.slice), statement.piece.cell, entry.lineno)
                changes = isinstance(node, ast.AugAssign) and not isinstance(node.op, ast.Add)
                # `if layer > 0` is there for an entry of the layer below; by its own number one may be left out.
                runs = not branching and (not guarded or isinstance(entry.slice, ast.BinOp))
                yield write, runs and (changes or not _is_stored(value))


def _is_stored(value: ast.expr | None) -> bool:
    """Return True for a name, or a copy of what it stands for: other lines made it."""
    match value:
        case ast.Call(func=ast.Attribute(value=inner, attr="copy"), args=[]):
            return isinstance(inner, ast.Name)
        case ast.Call(func=ast.Attribute(attr="array" | "asarray" | "copy"), args=[inner]):
            return isinstance(inner, ast.Name)
    return isinstance(value, ast.Name)


def _find_exposed(statement: ast.stmt, lists: frozenset[str]) -> Iterator[str]:
    """Yield the lists that are made with entries, or are used whole: by another name a call may write into them."""
    plain: set[int] = set()
    read = []
    for node in ast.walk(statement):
        match node:
            case ast.Name(ctx=ast.Load()) if node.id in lists:
                read.append(node)
            case ast.Subscript(value=whole) | ast.Return(value=whole) | ast.Call(func=ast.Name(id="len"), args=[whole]):
                plain.update(map(id, whole.elts if isinstance(whole, ast.Tuple | ast.List) else [whole]))
            case ast.stmt():
                for target, value in pair_targets(node):
                    if isinstance(target, ast.Name) and target.id in lists and not is_empty(value):
                        yield target.id
    yield from (name.id for name in read if id(name) not in plain)


def _find_entry(target: ast.expr) -> ast.expr:
    """Return the entry of the list if the target is a part of one, such as a row or all of it."""
    while isinstance(target, ast.Subscript) and isinstance(target.value, ast.Subscript):
        target = target.value
    return target


def _statements(statement: ast.stmt) -> Iterator[tuple[ast.AST, bool, bool]]:
    """The statement and those inside of it, each with whether it is in one of several branches, and under an `if`.

    No expression holds a statement, nor assigns to an entry.
    """
    todo: list[tuple[Any, bool, bool]] = [(statement, False, False)]
    while todo:
        node, branching, guarded = todo.pop()
        yield node, branching, guarded
        inside = branching or _branches(node), guarded or isinstance(node, ast.If)
        todo += [(part, *inside) for name in _BLOCKS for part in getattr(node, name, ())]


def _branches(node: ast.AST) -> bool:
    """Return True if one of several branches of the statement runs, or what is in it for one layer alone."""
    if isinstance(node, ast.If):
        return bool(node.orelse) or any(isinstance(part, ast.Eq | ast.NotEq) for part in ast.walk(node.test))
    return isinstance(node, ast.Try | ast.TryStar | ast.Match)


def _index(node: ast.expr) -> str:
    if sum(1 for _ in ast.walk(node)) > _NODES:
        return ""
    text = ast.unparse(node)
    return text if len(text) <= _CHARACTERS and text.isprintable() else ""

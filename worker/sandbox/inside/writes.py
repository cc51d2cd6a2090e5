"""The lines that write lists of known names: those that a person would look at first."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

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
    #: From 1 over all cells of the notebook; 0 in a file.
    cell: int
    line: int
    #: The path of the file in a package, once it is known; its number is the cell.
    file: str | None = None


def writes(statements: Iterable[Statement], lists: frozenset[str]) -> tuple[Write, ...]:
    """Return the first writes to an entry of one of the lists, as they stand in the source.

    A list of which a write stands in one of several branches is left out: which of them ran is not known.
    """
    if not lists:
        return ()
    found_writes = [write for statement in statements for write in _writes(statement, lists)]
    branched = {write.name for write, branching in found_writes if branching}
    entries = [write for write, _ in found_writes if write.name not in branched]
    return tuple(sorted(entries, key=lambda write: (write.cell, write.line))[:_MOST])


def _writes(statement: Statement, lists: frozenset[str]) -> Iterator[tuple[Write, bool]]:
    for node, branching in _statements(statement.node):
        for target in map(_find_entry, _find_targets(node)):
            if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id in lists:
                yield Write(target.value.id, _index(target.slice), statement.piece.cell, target.lineno), branching


def _find_entry(target: ast.expr) -> ast.expr:
    """Return the entry of the list if the target is a part of one, such as a row or all of it."""
    while isinstance(target, ast.Subscript) and isinstance(target.value, ast.Subscript):
        target = target.value
    return target


def _statements(statement: ast.stmt) -> Iterator[tuple[ast.AST, bool]]:
    """The statement and those inside of it, each with whether it stands in one of several branches.

    No expression holds a statement, nor assigns to an entry.
    """
    todo: list[tuple[Any, bool]] = [(statement, False)]
    while todo:
        node, branching = todo.pop()
        yield node, branching
        inside = branching or _branches(node)
        todo += [(part, inside) for name in _BLOCKS for part in getattr(node, name, ())]


def _branches(node: ast.AST) -> bool:
    """Return True if one of several branches of the statement runs."""
    return (isinstance(node, ast.If) and bool(node.orelse)) or isinstance(node, (ast.Try, ast.TryStar, ast.Match))


def _find_targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        return [node.target]
    if not isinstance(node, ast.Assign):
        return []
    return [part for target in node.targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]


def _index(node: ast.expr) -> str:
    if sum(1 for _ in ast.walk(node)) > _NODES:
        return ""
    text = ast.unparse(node)
    return text if len(text) <= _CHARACTERS and text.isprintable() else ""

"""Programs with edits: one that has many, of which an input says which is in force, and one with a single edit."""

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from backmark.worker.sandbox.inside.entry import MOST_WRITTEN_EDITS
from backmark.worker.sandbox.inside.mending.edits import ORDER, Change, list_edits, list_edits_of_test
from backmark.worker.sandbox.inside.mending.groups import Function, list_functions

from .additions import list_additions, list_exchanges, list_operations, list_values
from .sites import Sites, list_blocks

#: The function that says whether an edit is in force.
VARIANT = "backmark_variant"
#: The kinds of edits: of what steers the program and unpacks, of any part, and those that add something.
EDITED = STEERING, SMALL, LARGE = ("steering", "small", "large")
#: Edits of one statement.
_MOST_OF_ONE = 1_200


#: A statement, what stands there then, and the change.
_Made = tuple[ast.stmt, ast.stmt, Change]
_HEADED = (ast.For, ast.AsyncFor, ast.While, ast.If)


@dataclass(frozen=True, slots=True)
class ProgramEdit:
    """An edit: the number of its statement, what stands there then, and the change."""

    statement: int
    node: ast.stmt
    change: Change


def list_program_edits(tree: ast.Module, sites: Sites, wanted: Sequence[int], kind: str) -> list[ProgramEdit]:
    """Return the edits of statements, of one of the kinds `EDITED`, the likeliest of each first."""
    numbers = {id(statement.node): number for number, statement in enumerate(sites.statements)}
    by_statement: dict[int, list[ProgramEdit]] = {number: [] for number in wanted}
    functions = list_functions([tree]).values()
    made = [edit for function in functions for edit in _LISTING[kind](function)]
    if kind != LARGE:
        made += [edit for number in wanted for edit in _list_of_test(sites.statements[number].node)]
    for at, node, change in made:
        number = numbers.get(id(at), -1)
        if number in by_statement:
            by_statement[number].append(ProgramEdit(number, node, change))
    every = [edit for own in by_statement.values() for edit in _drop_alike(own)[:_MOST_OF_ONE]]
    return every[:MOST_WRITTEN_EDITS]


def _list_steering(function: Function) -> Iterator[_Made]:
    for at, node, change in _list_single(function):
        if isinstance(node, ast.Expr) or (change.kind == ORDER and isinstance(change.before, ast.Tuple)):
            yield at, node, change


def _list_small(function: Function) -> Iterator[_Made]:
    yield from _list_single(function)
    values = list_values(function)
    for own in (node for group in function.groups for node in group.nodes):
        yield from ((own, *made) for made in (*list_operations(own), *list_exchanges(own, values)))


def _list_large(function: Function) -> Iterator[_Made]:
    values = list_values(function)
    for own in (node for group in function.groups for node in group.nodes):
        yield from ((own, *made) for made in list_additions(own, values, function.parameters))


def _list_single(function: Function) -> Iterator[_Made]:
    for group in function.mendable:
        for edit in list_edits(group, function, widely=True):
            yield group.loop or group.nodes[edit.place], edit.nodes[0], edit.changes[0]


def _list_of_test(node: ast.stmt) -> Iterator[_Made]:
    if isinstance(node, ast.If):
        yield from ((node, *made) for made in list_edits_of_test(node.test))


_LISTING: dict[str, Callable[[Function], Iterator[_Made]]] = {
    STEERING: _list_steering,
    SMALL: _list_small,
    LARGE: _list_large,
}


def _drop_alike(edits: Sequence[ProgramEdit]) -> list[ProgramEdit]:
    return list({ast.dump(edit.node): edit for edit in reversed(edits)}.values())[::-1]


def write_variants(tree: ast.Module, sites: Sites, edits: Sequence[ProgramEdit]) -> None:
    """Change a program so that an input says which of these edits, by their places from 1, is in force."""
    by_statement: dict[int, list[tuple[int, ProgramEdit]]] = {}
    for place, edit in enumerate(edits, 1):
        by_statement.setdefault(id(sites.statements[edit.statement].node), []).append((place, edit))
    for node in list(ast.walk(tree)):
        for block in list_blocks(node):
            block[:] = [_vary(statement, by_statement.get(id(statement), [])) for statement in block]


def _vary(node: ast.stmt, edits: Sequence[tuple[int, ProgramEdit]]) -> ast.stmt:
    if not edits:
        return node
    if isinstance(node, _HEADED):
        name = _name_header(node)
        for place, edit in reversed(edits):
            value = copy.deepcopy(edit.node.value)  # type: ignore[attr-defined] # a header's edit is an expression
            setattr(node, name, ast.IfExp(_is_in_force(place), value, getattr(node, name)))
        return node
    return _choose(node, edits)


def _choose(node: ast.stmt, edits: Sequence[tuple[int, ProgramEdit]]) -> ast.stmt:
    """Return branches by halves of the edits, the statement itself where none of them is in force.

    A chain of a thousand branches would be nested too deeply to be read.
    """
    if len(edits) == 1:
        place, edit = edits[0]
        return ast.If(_is_in_force(place), [copy.deepcopy(edit.node)], [node])
    half = len(edits) // 2
    first, second = _choose(node, edits[:half]), _choose(node, edits[half:])
    return ast.If(_is_in_force(edits[0][0], edits[half - 1][0]), [first], [second])


def _name_header(node: ast.stmt) -> str:
    return "iter" if isinstance(node, (ast.For, ast.AsyncFor)) else "test"


def _is_in_force(*places: int) -> ast.expr:
    return ast.Call(ast.Name(VARIANT, ast.Load()), [ast.Constant(place) for place in places], [])


def write_edit(tree: ast.Module, sites: Sites, edit: ProgramEdit) -> None:
    """Change a program by one edit."""
    at = sites.statements[edit.statement].node
    if isinstance(at, _HEADED):
        setattr(at, _name_header(at), edit.node.value)  # type: ignore[attr-defined] # as above
        return
    for node in list(ast.walk(tree)):
        for block in list_blocks(node):
            block[:] = [edit.node if statement is at else statement for statement in block]

"""Edits of whole statements: where they stand, under which condition, whether they are there, and what returns."""

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from backmark.worker.sandbox.inside.accessors import spell
from backmark.worker.sandbox.inside.entry import EditKind

from .edits import (
    PartChange,
    copy_value,
    find_alias,
    substitute,
)
from .effects import JUMPS, Effects
from .groups import FUNCTIONS, LOOPS, make_header, walk_own
from .returning import list_parameters, list_returned, list_wanted
from .sites import list_blocks

#: Statements past which one is moved in each direction, and values that one function may return instead.
_MOST_PASSED, _MOST_RETURNED = 3, 60
_LEAVING_TURN = (ast.Break, ast.Continue)
_SIMPLE = (ast.Assign, ast.AugAssign, ast.Assert, ast.Expr, ast.Return)


@dataclass(frozen=True, slots=True)
class Placement:
    """A statement that comes to stand before or behind another one."""

    node: ast.stmt
    anchor: ast.stmt
    after: bool


@dataclass(frozen=True, slots=True)
class ControlEdit:
    """An edit of a whole statement: what stands in its place, and what comes to stand elsewhere.

    None leaves the statement as it is. Of an `if` the condition is what stands in its place.
    """

    node: ast.stmt | None
    change: PartChange
    placed: Placement | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """A statement's place: its block, and the compound statements around it with theirs, from the innermost out."""

    body: list[ast.stmt]
    at: int
    around: tuple[tuple[ast.stmt, list[ast.stmt]], ...]

    @property
    def loop(self) -> ast.stmt | None:
        """The innermost loop around it; None if there is none."""
        return next((node for node, _ in self.around if isinstance(node, LOOPS)), None)


@dataclass(slots=True)
class ControlEdits:
    """The edits of whole statements of a program's functions."""

    #: By the name of a function the texts of what its calls' values are unpacked into.
    wanted: Mapping[str, Sequence[tuple[str, ...]]]
    _places: dict[int, _Place] = field(default_factory=dict)
    _functions: dict[int, ast.FunctionDef | ast.AsyncFunctionDef] = field(default_factory=dict)
    _effects: dict[int, Effects] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: ast.Module, call: str) -> "ControlEdits":
        """Return those of a program that is called so."""
        edits = cls(list_wanted([tree, ast.parse(call)]))
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                edits._read(node, node.body, ())
        return edits

    def _read(
        self,
        function: ast.FunctionDef | ast.AsyncFunctionDef,
        body: list[ast.stmt],
        around: tuple[tuple[ast.stmt, list[ast.stmt]], ...],
    ) -> None:
        for at, node in enumerate(body):
            self._places[id(node)] = _Place(body, at, around)
            self._functions[id(node)] = function
            if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
                for block in list_blocks(node):
                    self._read(function, block, ((node, body), *around))

    def list_edits(self, node: ast.stmt) -> Iterator[ControlEdit]:
        """Yield the edits of a statement: what takes it away comes first."""
        if id(node) not in self._places:
            return
        place = self._places[id(node)]
        if _is_movable(node):
            if not isinstance(node, ast.Return):
                yield ControlEdit(self._take_away(node), PartChange(EditKind.EXTRA, node, None))
            yield from self._list_outside(node, place)
            yield from self._list_passed(node, place)
            if not isinstance(node, ast.Return):
                yield from self._list_inside(node, place)
                yield from self._list_guarded(node, place)
            yield from _list_copied(node)
        elif isinstance(node, _LEAVING_TURN):
            yield ControlEdit(ast.Pass(), PartChange(EditKind.EXTRA, node, None))
        elif isinstance(node, ast.If):
            yield ControlEdit(ast.Expr(ast.Constant(value=True)), PartChange(EditKind.CONDITION, node.test, None))
        yield from self._list_returning(node)

    def _take_away(self, node: ast.stmt) -> ast.stmt:
        """Return what stands in the place of a statement that is taken away.

        A variable of the module's that no other statement of the function writes is the module's then.
        """
        if isinstance(node, ast.If):
            return ast.Expr(ast.Constant(value=False))
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, function = node.targets[0].id, self._functions[id(node)]
            stored = [part for part in walk_own(function) if isinstance(part, ast.Name) and part.id == name]
            if sum(isinstance(part.ctx, ast.Store) for part in stored) == 1 and name not in list_parameters(function):
                read = ast.parse(f"globals()[{name!r}]", mode="eval").body
                return ast.Assign([ast.Name(name, ast.Store())], read)
        return ast.Pass()

    def _list_guarded(self, node: ast.stmt, place: _Place) -> Iterator[ControlEdit]:
        """Yield a statement under the condition of another one beside it, or of the entry before or behind."""
        if isinstance(node, ast.If):
            return
        tests = [other.test for other in place.body if isinstance(other, ast.If) and other is not node]
        for test in [*tests, *_list_bounds(node, place)]:
            guarded = ast.If(copy.deepcopy(test), [copy.deepcopy(node)], [])
            yield ControlEdit(guarded, PartChange(EditKind.CONDITION, None, test))

    def _list_outside(self, node: ast.stmt, place: _Place) -> Iterator[ControlEdit]:
        """Yield a statement behind, or before, each statement around it."""
        if _leaves_turn(node):
            return
        for holder, _ in place.around:
            if not isinstance(holder, (*LOOPS, ast.If)):
                return
            header = make_header(holder)
            yield self._move(node, PartChange(EditKind.OUTSIDE, node, header), holder, after=True)
            if not isinstance(node, ast.Return):
                yield self._move(node, PartChange(EditKind.OUTSIDE, node, header), holder, after=False)

    def _list_inside(self, node: ast.stmt, place: _Place) -> Iterator[ControlEdit]:
        """Yield a statement at the end of the loop or condition before it, and at the start of the one behind it."""
        before = [other for other in place.body[: place.at] if isinstance(other, (*LOOPS, ast.If))]
        behind = [other for other in place.body[place.at + 1 :] if isinstance(other, (*LOOPS, ast.If))]
        for holder in before[-1:]:
            yield self._move(node, PartChange(EditKind.INSIDE, node, make_header(holder)), holder.body[-1], after=True)
        for holder in behind[:1]:
            yield self._move(node, PartChange(EditKind.INSIDE, node, make_header(holder)), holder.body[0], after=False)

    def _list_passed(self, node: ast.stmt, place: _Place) -> Iterator[ControlEdit]:
        """Yield a statement behind those below that work with what it does, and before those above.

        Of two that stand beside each other the upper one is moved.
        """
        later = (other for other in place.body[place.at + 1 :] if not isinstance(other, JUMPS))
        below = [other for other in later if self._depend(node, other)]
        for other in below[:_MOST_PASSED]:
            yield self._move(node, PartChange(EditKind.BELOW, node, make_header(other)), other, after=True)
        above = [other for other in reversed(place.body[: place.at]) if self._depend(node, other)]
        for other in () if isinstance(node, ast.Return) else above[:_MOST_PASSED]:
            if other is not place.body[place.at - 1] or not _is_movable(other):
                yield self._move(node, PartChange(EditKind.ABOVE, node, make_header(other)), other, after=False)

    def _move(self, node: ast.stmt, change: PartChange, anchor: ast.stmt, *, after: bool) -> ControlEdit:
        gone = ast.Expr(ast.Constant(value=False)) if isinstance(node, ast.If) else ast.Pass()
        return ControlEdit(gone, change, Placement(copy.deepcopy(node), anchor, after))

    def _depend(self, first: ast.stmt, second: ast.stmt) -> bool:
        return self._find_effects(first).disturb(self._find_effects(second))

    def _find_effects(self, node: ast.stmt) -> Effects:
        if id(node) not in self._effects:
            self._effects[id(node)] = Effects.of(node)
        return self._effects[id(node)]

    # ---- what returns

    def _list_returning(self, node: ast.stmt) -> Iterator[ControlEdit]:
        """Yield a `return` of more than one has, in the place of a `print`, or behind the last statement."""
        function = self._functions[id(node)]
        wanted = self.wanted.get(function.name, [])
        is_last = node is function.body[-1]
        if isinstance(node, ast.Return):
            parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value] if node.value else []
            lacking = [names for names in wanted if len(names) > len(parts)]
            for value in islice(list_returned(parts, function, lacking), _MOST_RETURNED):
                yield ControlEdit(made := ast.Return(value), PartChange(EditKind.RETURN, node, made))
        elif is_last and isinstance(node, ast.Expr) and (printed := _list_printed(node.value)):
            whole = printed[0] if len(printed) == 1 else ast.Tuple(printed, ast.Load())
            for value in (whole, *islice(list_returned(printed, function, wanted), _MOST_RETURNED)):
                yield ControlEdit(made := ast.Return(value), PartChange(EditKind.RETURN, node, made))
        elif is_last:
            for value in islice(list_returned([], function, wanted), _MOST_RETURNED):
                made = ast.Return(value)
                yield ControlEdit(None, PartChange(EditKind.RETURN, None, made), Placement(made, node, after=True))


def _list_printed(node: ast.expr) -> list[ast.expr]:
    """Return what a call of `print` prints; nothing of another expression."""
    return node.args if isinstance(node, ast.Call) and spell(node.func) == "print" else []


def _list_copied(node: ast.stmt) -> Iterator[ControlEdit]:
    """Yield a statement that writes a copy instead of a second name, or that copies first what it changes."""
    alias = find_alias(node)
    if alias is not None:
        copied = copy_value(alias)
        yield ControlEdit(substitute(node, alias, copied), PartChange(EditKind.IN_PLACE, alias, copied))
    changed = (
        node.target if isinstance(node, ast.AugAssign) else node.targets[0] if isinstance(node, ast.Assign) else None
    )
    is_entry = isinstance(changed, ast.Subscript)
    while isinstance(changed, ast.Subscript):
        changed = changed.value
    if isinstance(changed, ast.Name) and (is_entry or isinstance(node, ast.AugAssign)):
        read = ast.Name(changed.id, ast.Load())
        own = ast.Assign([ast.Name(changed.id, ast.Store())], copy_value(read))
        yield ControlEdit(None, PartChange(EditKind.IN_PLACE, read, None), Placement(own, node, after=False))


def _list_bounds(node: ast.stmt, place: _Place) -> Iterator[ast.expr]:
    """Yield the conditions under which the entries exist that a statement reads, next to the one of a loop's turn."""
    loop = place.loop
    if not isinstance(loop, ast.For) or not isinstance(loop.target, ast.Name):
        return
    turn, seen = loop.target.id, set[str]()
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.BinOp) and spell(part.slice.left) == turn:
            holder, index = ast.unparse(part.value), ast.unparse(part.slice)
            test = f"{turn} > 0" if isinstance(part.slice.op, ast.Sub) else f"{index} < len({holder})"
            if test not in seen:
                seen.add(test)
                yield ast.parse(test, mode="eval").body


def _is_movable(node: ast.stmt) -> bool:
    """Return True if a statement computes, returns or checks, or leaves a loop or the function under a condition."""
    if isinstance(node, ast.If):
        return len(node.body) == 1 and isinstance(node.body[0], (*JUMPS, ast.Raise)) and not node.orelse
    if isinstance(node, ast.Expr):
        return not (isinstance(node.value, ast.Constant) or _list_printed(node.value))
    return isinstance(node, _SIMPLE)


def _leaves_turn(node: ast.stmt) -> bool:
    return any(isinstance(part, _LEAVING_TURN) for part in ast.walk(node))

"""The statements that the graded function needs of its program: the definitions, imports and assignments that it names.

Kept on trial are those that may fail: imports, and what changes these names besides: assignments of entries and of
attributes (`t["x"] = f`), `t += [f]`, and `if`, `try`, `with` and `match` blocks. Calls and loops never run, and names
spelled in strings are not followed.
"""

import ast
import builtins
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from backmark.worker.sandbox.inside.entry import Entry

from .names import Names, find_changed, names
from .syntax import Piece

#: Every module is given NumPy.
_NUMPY = "np"
#: Rounds of looking for definitions needed on the way; after these all are kept: right too, only more.
ROUNDS = 8

_BUILTIN = frozenset(dir(builtins))
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
Assignment = ast.Assign | ast.AnnAssign | ast.AugAssign
_BLOCKS = (ast.If, ast.Try, ast.TryStar, ast.Match, ast.With)
_IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass(eq=False)
class Statement:
    """One top-level statement and the piece that it stands in."""

    node: ast.stmt
    piece: Piece

    @cached_property
    def names(self) -> Names:
        """Its global names, found on first use: most statements of a notebook are never asked."""
        return names(self.node)

    @property
    def place(self) -> str:
        """The place where it begins, as a reader finds it."""
        return self.piece.place(self.node.lineno)

    @property
    def spot(self) -> tuple[int, int]:
        """Its cell (0 in a file), and the line where it begins."""
        return self.piece.cell, self.node.lineno


@dataclass(slots=True)
class Places:
    """By position, the statements that give one name its value, or change what it stands for."""

    #: `def` and `class`.
    definitions: list[int] = field(default_factory=list)
    #: Assignments and imports.
    simple: list[int] = field(default_factory=list)
    #: Blocks with a binding inside.
    blocks: list[int] = field(default_factory=list)
    #: `x[0] = 1`, `x.y = 1` and `x += 1`, alone or in a block.
    changes: list[int] = field(default_factory=list)

    def find_needed(self) -> list[int]:
        """Return the statements that the name needs: the last definition, and every assignment."""
        return [*self.definitions[-1:], *self.simple]


_NOWHERE = Places()


@dataclass(frozen=True, slots=True)
class KeptStatements:
    """Positions of the statements that are executed, in the order of the source."""

    positions: list[int]
    #: Those that may fail: imports, and statements that are kept only because they may change what the others use.
    trial: frozenset[int]
    #: The statements that may change it, too, but call a graded function, and so are never executed.
    refused: frozenset[int]


class Program:
    """The top-level statements of a submission in order, indexed by the names that they bind."""

    def __init__(self, statements: list[Statement], entry: Entry) -> None:
        self.statements = statements
        self._given = entry.given | {_NUMPY}
        self._known = _BUILTIN | self._given
        self.places: defaultdict[str, Places] = defaultdict(Places)
        self.futures: list[int] = []
        self.stars: list[int] = []
        for position, statement in enumerate(statements):
            self._index(position, statement)
        # These are ours: no statement is kept for their sake.
        for name in entry.fixed:
            self.places.pop(name, None)

    def slice(
        self, targets: Mapping[str, int], graded: Collection[str], wanted: Collection[str] = ()
    ) -> KeptStatements:
        """Find what the functions at these places need, they themselves among it, and what may change that.

        `wanted` are names that must be there besides. What is on trial, and calls one of the `graded` functions, is not
        executed.
        """
        needed: set[int] = set()
        seen = set(wanted)
        fresh = {*targets.values(), *(place for name in wanted for place in self._find(name).find_needed())}
        for number in range(ROUNDS + 1):
            self._close(fresh, needed, seen)
            fresh = self._earlier(needed, seen, every=number == ROUNDS) - needed
            if not fresh:
                break
        self._close(fresh, needed, seen)
        needed.update(self._stars(seen))
        kept, refused = self._extend(needed, seen, graded)
        # These come first, and are no imports.
        kept -= set(self.futures)
        imports = {place for place in kept if isinstance(self.statements[place].node, _IMPORTS)}
        return KeptStatements(self.futures + sorted(kept), frozenset(kept - needed | imports), frozenset(refused))

    def may_have(self, name: str) -> bool:
        """Return True if the module is given the name, if a statement binds it, or if a star import may."""
        places = self._find(name)
        return name in self._given or bool(places.find_needed() or places.blocks or self.stars)

    def _find(self, name: str) -> Places:
        return self.places.get(name, _NOWHERE)

    def _extend(self, needed: set[int], seen: set[str], graded: Collection[str]) -> tuple[set[int], set[int]]:
        """Add what may change what is needed, and what that needs in turn; return also what is refused."""
        kept, refused = set(needed), set[int]()
        for _ in range(ROUNDS):
            changing = {place for name in seen for place in (*self._find(name).blocks, *self._find(name).changes)}
            fresh = changing - kept - refused
            refused |= {place for place in fresh if _calls(self.statements[place].node, graded)}
            fresh = (fresh - refused) | (self._earlier(kept, seen, every=False) - kept)
            if not fresh:
                break
            self._close(fresh, kept, seen)
        kept.update(self._stars(seen))
        return kept, refused

    def _close(self, fresh: Iterable[int], kept: set[int], seen: set[str]) -> None:
        todo = list(fresh)
        while todo:
            position = todo.pop()
            if position in kept:
                continue
            kept.add(position)
            for name in self.statements[position].names.used - seen:
                seen.add(name)
                todo.extend(self._find(name).find_needed())

    def _earlier(self, kept: set[int], seen: set[str], *, every: bool) -> set[int]:
        """Find definitions that a later one replaces, but only after something kept may have called them."""
        running = sorted(position for position in kept if self.statements[position].names.runs)
        earlier = set()
        for name in seen & self.places.keys():
            positions = self.places[name].definitions
            for first, then in pairwise(positions):
                if every or bisect_right(running, first) < bisect_right(running, then):
                    earlier.add(first)
        return earlier

    def _stars(self, seen: set[str]) -> list[int]:
        unresolved = bool(seen - self.places.keys() - self._known)
        return [position for position in self.stars if unresolved or self._is_numpy(position)]

    def _is_numpy(self, position: int) -> bool:
        node = self.statements[position].node
        return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "numpy"

    def _index(self, position: int, statement: Statement) -> None:
        node = statement.node
        if isinstance(node, _DEFINITIONS):
            self.places[node.name].definitions.append(position)
        elif isinstance(node, _IMPORTS) or type(node).__name__ == "TypeAlias":
            self._index_import(position, statement)
        elif isinstance(node, _ASSIGNMENTS):
            self._index_assignment(position, statement, node)
        elif isinstance(node, _BLOCKS) and not is_main_guard(node):
            for name in statement.names.bound:
                self.places[name].blocks.append(position)
            self._index_changes(position, find_changed(node))

    def _index_import(self, position: int, statement: Statement) -> None:
        node = statement.node
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            self.futures.append(position)
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            self.stars.append(position)
        else:
            self._index_simple(position, statement.names.bound)

    def _index_assignment(self, position: int, statement: Statement, node: Assignment) -> None:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            # The most usual kind: `a = 1` binds no other name, unless there is a `b := 1` in it.
            self._index_simple(position, statement.names.bound if statement.piece.walrus else (node.targets[0].id,))
        elif isinstance(node, ast.AugAssign):
            self._index_changes(position, statement.names.bound | find_changed(node))
        elif node.value is not None:
            self._index_simple(position, statement.names.bound)
            self._index_changes(position, find_changed(node))

    def _index_simple(self, position: int, bound: Iterable[str]) -> None:
        for name in bound:
            self.places[name].simple.append(position)

    def _index_changes(self, position: int, changed: Iterable[str]) -> None:
        for name in changed:
            self.places[name].changes.append(position)


def is_main_guard(node: ast.stmt) -> bool:
    """Return True if this is `if __name__ == "__main__"`, whose body is no part of what a grader imports."""
    return isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
    )


def _calls(statement: ast.stmt, functions: Collection[str]) -> bool:
    """Return True if a statement calls one of these functions: a training, or a test of it."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions
        for node in ast.walk(statement)
    )

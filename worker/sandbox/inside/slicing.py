"""What the graded function needs of its program: the definitions, imports and assignments that it names.

Names alone are followed, and not what a call in some other statement does to globals, nor names spelled in strings.
"""

import ast
import builtins
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from .names import Names, names
from .syntax import Piece

#: The harness gives these, `K` anew for each depth, so that a star import need not be there for them.
GIVEN = frozenset({"np", "K", "d_loss_d_output", "indicator_function"})
#: Rounds of looking for definitions needed on the way; after these all are kept: right too, only more.
ROUNDS = 8

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_BRANCHES = (ast.If, ast.Try, ast.TryStar, ast.Match)
_BLOCKS = (ast.With, ast.AsyncWith)


@dataclass
class Statement:
    """One top-level statement and the piece that it stands in."""

    node: ast.stmt
    piece: Piece

    @cached_property
    def names(self) -> Names:
        """Its global names, found when first asked for: most statements of a notebook are never asked."""
        return names(self.node)


@dataclass(slots=True)
class Places:
    """By position, the statements that give one name its value."""

    #: `def` and `class`.
    definitions: list[int] = field(default_factory=list)
    #: Assignments and imports.
    simple: list[int] = field(default_factory=list)
    #: `x += 1`, `x[0] = 1`, `x.y = 1`: they change what another statement bound.
    changes: list[int] = field(default_factory=list)
    #: `if`, `try`, `with` and `match` statements with a binding inside.
    compound: list[int] = field(default_factory=list)

    def needed(self) -> list[int]:
        """Give those kept for the name: the last definition, every assignment; compounds if nothing else."""
        direct = [*self.definitions[-1:], *self.simple]
        return [*(direct or self.compound), *self.changes]


class Program:
    """The top-level statements of a submission in order, indexed by the names that they bind."""

    def __init__(self, statements: list[Statement]) -> None:
        self.statements = statements
        self.places: defaultdict[str, Places] = defaultdict(Places)
        self.futures: list[int] = []
        self.stars: list[int] = []
        for position, statement in enumerate(statements):
            self._index(position, statement)
        # `K` is ours: no statement is kept for its sake.
        self.places.pop("K", None)

    def slice(self, target: int) -> list[int]:
        """Find the positions that the target needs, its own among them, in the order of the source."""
        kept: set[int] = set()
        seen: set[str] = set()
        fresh = {target}
        for number in range(ROUNDS + 1):
            self._close(fresh, kept, seen)
            fresh = self._earlier(kept, seen, every=number == ROUNDS) - kept
            if not fresh:
                break
        self._close(fresh, kept, seen)
        kept.update(self._stars(seen))
        return self.futures + sorted(kept - set(self.futures))

    def _close(self, fresh: Iterable[int], kept: set[int], seen: set[str]) -> None:
        todo = list(fresh)
        while todo:
            position = todo.pop()
            if position in kept:
                continue
            kept.add(position)
            for name in self.statements[position].names.used - seen:
                seen.add(name)
                todo.extend(self.places[name].needed() if name in self.places else ())

    def _earlier(self, kept: set[int], seen: set[str], *, every: bool) -> set[int]:
        """Find definitions that a later one replaces, but only after something kept may have called them."""
        running = sorted(position for position in kept if self.statements[position].names.runs)
        found = set()
        for name in seen & self.places.keys():
            positions = self.places[name].definitions
            for first, then in pairwise(positions):
                if every or bisect_right(running, first) < bisect_right(running, then):
                    found.add(first)
        return found

    def _stars(self, seen: set[str]) -> list[int]:
        known = self.places.keys() | GIVEN | set(dir(builtins))
        unresolved = bool(seen - known)
        return [position for position in self.stars if unresolved or self._is_numpy(position)]

    def _is_numpy(self, position: int) -> bool:
        node = self.statements[position].node
        return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "numpy"

    def _index(self, position: int, statement: Statement) -> None:
        node = statement.node
        if isinstance(node, _DEFINITIONS):
            self.places[node.name].definitions.append(position)
        elif isinstance(node, ast.ImportFrom) and node.module == "__future__":
            self.futures.append(position)
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            self.stars.append(position)
        elif isinstance(node, (ast.Import, ast.ImportFrom)) or type(node).__name__ == "TypeAlias":
            self._add("simple", statement.names.bound, position)
        elif isinstance(node, _ASSIGNMENTS):
            self._index_assignment(position, node, statement.names.bound)
        elif isinstance(node, _BRANCHES) and not is_main_guard(node):
            self._add("compound", statement.names.bound, position)
        elif isinstance(node, _BLOCKS):
            self._add("compound", statement.names.defined, position)

    def _index_assignment(self, position: int, node: ast.stmt, bound: frozenset[str]) -> None:
        binds = isinstance(node, ast.Assign) or (isinstance(node, ast.AnnAssign) and node.value is not None)
        self._add("simple" if binds else "changes", bound, position)
        self._add("changes", _changed(node) - bound, position)

    def _add(self, kind: str, bound: Iterable[str], position: int) -> None:
        for name in bound:
            getattr(self.places[name], kind).append(position)


def is_main_guard(node: ast.stmt) -> bool:
    """Whether this is `if __name__ == "__main__"`, whose body is no part of what a grader imports."""
    return isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
    )


def _changed(node: ast.stmt) -> set[str]:
    """Find the names at the root of targets such as `table['x']`, `table.x` and `table[0].y`."""
    todo = list(getattr(node, "targets", None) or [getattr(node, "target", node)])
    found = set()
    while todo:
        target = todo.pop()
        if isinstance(target, (ast.Tuple, ast.List)):
            todo.extend(target.elts)
        elif isinstance(target, (ast.Subscript, ast.Attribute, ast.Starred)):
            todo.append(target.value)
        elif isinstance(target, ast.Name):
            found.add(target.id)
    return found

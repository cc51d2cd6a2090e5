"""The statements that the graded function needs of its program: the definitions, imports and assignments that it names.

Kept on trial is what may change one of these besides: loops, calls and decorators that write into it, with what they
need themselves. Names spelled in strings are not followed.
"""

import ast
import builtins
import warnings
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from .changes import ANY, Changes, Effects, changes, effects
from .entry import Entry
from .names import Names, names
from .syntax import Piece

#: Every module is given NumPy.
_NUMPY = "np"
#: Rounds of looking for definitions needed on the way; after these all are kept: right too, only more.
ROUNDS = 8

#: The pattern of names that are spelled in texts.
_BY_TEXT = frozenset({"globals", "eval", "exec"})
_BUILTIN = frozenset(dir(builtins))
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
Assignment = ast.Assign | ast.AnnAssign | ast.AugAssign
_BRANCHES = (ast.If, ast.Try, ast.TryStar, ast.Match)
_BLOCKS = (ast.With, ast.AsyncWith)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_IMPORTS = (ast.Import, ast.ImportFrom)
_COMPOUND = (*_BRANCHES, *_BLOCKS, *_LOOPS)


@dataclass(eq=False)
class Statement:
    """One top-level statement and the piece that it stands in."""

    node: ast.stmt
    piece: Piece

    @cached_property
    def names(self) -> Names:
        """Its global names, found on first use: most statements of a notebook are never asked."""
        return names(self.node)

    @cached_property
    def changes(self) -> Changes:
        """The names that it changes besides, found on first use."""
        return changes(self.node)

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
    """By position, the statements that give one name its value."""

    #: `def` and `class`.
    definitions: list[int] = field(default_factory=list)
    #: Assignments and imports.
    simple: list[int] = field(default_factory=list)
    #: `if`, `try`, `with` and `match` statements with a binding inside.
    compound: list[int] = field(default_factory=list)

    def find_needed(self) -> list[int]:
        """Return the statements kept for the name: the last definition, every assignment; compounds if nothing else."""
        return [*self.definitions[-1:], *self.simple] or self.compound


@dataclass(slots=True)
class Changing:
    """By position, the statements that may change what one name stands for."""

    #: `x[0] = 1`, `x += 1`, and what binds it in a compound statement.
    written: list[int] = field(default_factory=list)
    #: `x.append(1)`.
    methods: list[int] = field(default_factory=list)
    #: Loops and `with` blocks that bind it: they count if nothing else does.
    bound: list[int] = field(default_factory=list)


_UNCHANGED = Changing()


@dataclass(frozen=True, slots=True)
class KeptStatements:
    """Positions of the statements that are executed, in the order of the source."""

    positions: list[int]
    #: Those that may fail: imports, and statements that are kept only because they may change what the others use.
    trial: frozenset[int]
    #: The statements that may change it, too, but are never executed, and why.
    refused: dict[int, str]


class Program:
    """The top-level statements of a submission in order, indexed by the names that they bind."""

    def __init__(self, statements: list[Statement], entry: Entry) -> None:
        self.statements = statements
        self._given = entry.given | {_NUMPY}
        self._known = _BUILTIN | self._given
        self.places: defaultdict[str, Places] = defaultdict(Places)
        self.changing: defaultdict[str, Changing] = defaultdict(Changing)
        #: Statements that call something for its effect, or are decorated.
        self.calling: list[int] = []
        #: By a name, others that are assigned it: `t = table`.
        self.aliases: defaultdict[str, list[str]] = defaultdict(list)
        self.imported: set[str] = {_NUMPY}
        self.futures: list[int] = []
        self.stars: list[int] = []
        for position, statement in enumerate(statements):
            self._index(position, statement)
        # These are ours: no statement is kept for their sake.
        for name in entry.fixed:
            self.places.pop(name, None)
            self.changing.pop(name, None)

    def slice(
        self, targets: Mapping[str, int], graded: Collection[str], wanted: Collection[str] = ()
    ) -> KeptStatements:
        """Find what the functions at these places need, they themselves among it, and what may change that.

        `wanted` are names that must be there besides. What calls one of the `graded` functions is not executed.
        """
        needed: set[int] = set()
        seen = set(wanted)
        fresh = {*targets.values(), *(place for name in wanted for place in self._find_needed(name))}
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
        return KeptStatements(self.futures + sorted(kept), frozenset(kept - needed | imports), refused)

    def may_have(self, name: str) -> bool:
        """Return True if the module is given the name, if a statement binds it, or if a star import may."""
        changing = self.changing.get(name, _UNCHANGED)
        bound = self._find_needed(name) or changing.written or changing.bound
        return name in self._given or bool(bound or self.stars)

    def _extend(self, needed: set[int], seen: set[str], functions: Collection[str]) -> tuple[set[int], dict[int, str]]:
        """Add what may change what is needed, and what that needs in turn."""
        kept, refused = set(needed), dict[int, str]()
        indexed = False
        for _ in range(ROUNDS):
            if not indexed and any(map(self._is_changeable, seen)):
                # Only then: most submissions are functions alone, and need not look at what is called elsewhere.
                self._index_calls(functions)
                indexed = True
            fresh = {place for name in self._open(seen) for place in self._changing(name)}
            if not seen.isdisjoint(_BY_TEXT):
                fresh.update(place for places in self.places.values() for place in places.find_needed())
            fresh -= kept | refused.keys()
            reasons = ((place, _reason(self.statements[place].node, functions)) for place in fresh)
            refused.update((place, reason) for place, reason in reasons if reason)
            fresh = (fresh - refused.keys()) | (self._earlier(kept, seen, every=False) - kept)
            if not fresh:
                break
            self._close(fresh, kept, seen)
        kept.update(self._stars(seen))
        return kept, refused

    def _is_changeable(self, name: str) -> bool:
        """Return True if a call may change what the name stands for: no function, and no module."""
        places = self.places.get(name)
        if places is None:
            return name not in self._known
        objects = bool(places.simple or places.compound) and name not in self.imported
        return objects or any(isinstance(self.statements[at].node, ast.ClassDef) for at in places.definitions)

    def _open(self, seen: set[str]) -> set[str]:
        """The names to look for; those that nothing binds may be bound through `globals()`."""
        unbound = ANY in self.changing and seen - self.places.keys() - self._known
        return seen | {ANY} if unbound else seen

    def _changing(self, name: str) -> list[int]:
        places = self.places.get(name)
        changing = self.changing.get(name, _UNCHANGED)
        positions = [*changing.written, *([] if name in self.imported else changing.methods)]
        if places is None or not places.find_needed():
            positions += changing.bound
        for alias in self.aliases.get(name, ()):
            through = self.changing.get(alias, _UNCHANGED)
            positions += [*through.written, *through.methods]
        return positions

    def _close(self, fresh: Iterable[int], kept: set[int], seen: set[str]) -> None:
        todo = list(fresh)
        while todo:
            position = todo.pop()
            if position in kept:
                continue
            kept.add(position)
            for name in self.statements[position].names.used - seen:
                seen.add(name)
                todo.extend(self._find_needed(name))

    def _find_needed(self, name: str) -> list[int]:
        return self.places[name].find_needed() if name in self.places else []

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
            if node.decorator_list or getattr(node, "bases", None) or getattr(node, "keywords", None):
                self._index_changes(position, statement.changes)
        elif isinstance(node, _IMPORTS) or type(node).__name__ == "TypeAlias":
            self._index_import(position, statement)
        elif isinstance(node, _ASSIGNMENTS):
            self._index_assignment(position, statement, node)
        elif isinstance(node, (ast.Expr, ast.Delete)):
            self._index_changes(position, statement.changes)
        elif isinstance(node, _COMPOUND):
            self._index_compound(position, statement)
        if statement.piece.walrus and not isinstance(node, (ast.Assign, ast.Delete, *_COMPOUND)):
            self._index_walrus(position, statement)

    def _index_import(self, position: int, statement: Statement) -> None:
        node = statement.node
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            self.futures.append(position)
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            self.stars.append(position)
        else:
            self._add("simple", statement.names.bound, position)
            self.imported |= statement.names.defined

    def _index_compound(self, position: int, statement: Statement) -> None:
        """Index a statement with blocks: it changes what it binds; a target binds a name that nothing else does."""
        node, changes = statement.node, statement.changes
        if isinstance(node, _BLOCKS):
            self._add("compound", statement.names.defined, position)
        elif isinstance(node, _BRANCHES) and not is_main_guard(node):
            # That one is never executed, but then it may be missed.
            self._add("compound", statement.names.bound, position)
        self._index_changes(position, changes)
        for name in (statement.names.bound - changes.targets | changes.assigned) - changes.written:
            self.changing[name].written.append(position)
        for name in changes.targets - changes.assigned:
            self.changing[name].bound.append(position)

    def _index_assignment(self, position: int, statement: Statement, node: Assignment) -> None:
        if not isinstance(node, ast.Assign) or len(node.targets) > 1 or not isinstance(node.targets[0], ast.Name):
            if isinstance(node, ast.Assign) or (isinstance(node, ast.AnnAssign) and node.value is not None):
                self._add("simple", statement.names.bound, position)
            self._index_changes(position, statement.changes)
            return
        # The most usual kind: `a = 1` binds no other name, unless there is a `b := 1` in it.
        name, value = node.targets[0].id, node.value
        self._add("simple", statement.names.bound if statement.piece.walrus else (name,), position)
        if isinstance(value, ast.Name):
            self.aliases[value.id].append(name)
        elif isinstance(value, ast.Call):
            self._index_changes(position, statement.changes)

    def _index_changes(self, position: int, changes: Changes) -> None:
        for name in changes.written:
            self.changing[name].written.append(position)
        for name in changes.methods - self.imported:
            self.changing[name].methods.append(position)
        if changes.calls:
            self.calling.append(position)

    def _index_walrus(self, position: int, statement: Statement) -> None:
        """Index the names that a statement binds by `:=` alone, such as `print(x := 2)`."""
        changes = statement.changes
        for name in statement.names.bound - statement.names.defined - changes.assigned - changes.targets:
            self.changing[name].written.append(position)

    def _index_calls(self, functions: Collection[str]) -> None:
        """Index the statements that call something by what that changes."""
        known: dict[str, Effects] = {}
        for position in self.calling:
            changed: set[str] = set()
            todo = list(self.statements[position].changes.calls)
            seen = set(functions)
            while todo:
                call = todo.pop()
                if call.name in seen or call.name not in self.places:
                    continue
                seen.add(call.name)
                effect = self._effects(call.name, known)
                changed |= effect.changed | (effect.methods - self.imported)
                changed |= call.given if effect.arguments else set()
                todo += effect.calls
            for name in changed:
                self.changing[name].written.append(position)

    def _effects(self, name: str, known: dict[str, Effects]) -> Effects:
        if name not in known:
            places = self.places[name]
            position = max([*places.definitions, *places.simple, *places.compound])
            known[name] = effects(self.statements[position].node)
        return known[name]

    def _add(self, kind: str, bound: Iterable[str], position: int) -> None:
        for name in bound:
            getattr(self.places[name], kind).append(position)


def is_main_guard(node: ast.stmt) -> bool:
    """Return True if this is `if __name__ == "__main__"`, whose body is no part of what a grader imports."""
    return isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
    )


def _reason(statement: ast.stmt, functions: Collection[str]) -> str:
    """Return why a statement is not even executed on trial, or an empty text."""
    if is_main_guard(statement):
        return 'code under `if __name__ == "__main__"` is not graded'
    if not isinstance(statement, _DEFINITIONS) and any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions
        for node in ast.walk(statement)
    ):
        # A training loop, or a test of it.
        return "it calls the graded function"
    if not _compiles(statement):
        return "it is not valid Python outside of a notebook"
    return ""


def _compiles(statement: ast.stmt) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(ast.Module([statement], []), "", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return False
    return True

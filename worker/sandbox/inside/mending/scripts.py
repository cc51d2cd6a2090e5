"""Edit scripts: a submission's program with statements of the solution in the place of its own."""

import ast
import copy
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backmark.worker.sandbox.inside.accessors import spell
from backmark.worker.sandbox.inside.entry import MOST_EDITS, EditKind

from .differences import inline, is_small, list_differences_of_groups, list_differences_within
from .edits import Edit, PartChange, list_edits
from .groups import StatementGroup, find_groups, list_names_of, set_header
from .insertions import Insertion, climb, list_insertions
from .matching import TURN, FunctionPair, Match, find_turn
from .ticks import count_turns, locate
from .translation import SolutionNames, Translator, UntranslatableError

#: The operations of a script.
REPLACE, INSERT, GUARD, REMOVE, ZERO, EDIT = "replace", "insert", "guard", "remove", "zero", "edit"
#: The name of what makes zeros of a value in one.
ZEROS = " zeros"

Operation = tuple[Any, ...]


@dataclass(frozen=True)
class Replacement:
    """Statements of the solution in the submission's terms."""

    solution: StatementGroup
    nodes: Sequence[ast.stmt]
    #: The condition under which the solution runs them, inside of the innermost loop; None if there is none.
    guard: ast.expr | None
    #: The number of those that stand in the place of the submission's, and the statement that the others stand behind.
    early: int
    behind: ast.stmt | None


class Mending:
    """All that scripts may do to one submission: what may replace its statements, and where missing ones go."""

    def __init__(
        self,
        trees: Sequence[ast.Module],
        pairs: Mapping[str, FunctionPair],
        solution: SolutionNames,
        defined: Sequence[str],
    ) -> None:
        self.trees = trees
        self._pairs = pairs
        self._functions = {group.number: pair.own for pair in pairs.values() for group in pair.own.mendable}
        self._edits: dict[int, list[Edit]] = {}
        #: By the number of a statement that of the solution's with which it was compared last.
        self._compared: dict[int, int] = {}
        for tree in trees:
            count_turns(tree)
        self.groups = find_groups({pair.own.name: pair.own for pair in pairs.values()})
        #: By the numbers of a statement and of one of the solution's.
        self.replacements: dict[tuple[int, int], Replacement] = {}
        #: By the number of a statement of the solution's that is missing.
        self.insertions: dict[int, Insertion] = {}
        for pair in pairs.values():
            translator = Translator(pair, solution, defined)
            for group in pair.own.mendable:
                for match in pair.list_matches(group.number):
                    self._add_replacement(translator, match)
            for insertion in list_insertions(pair, translator):
                self.insertions[insertion.solution.number] = insertion

    def _add_replacement(self, translator: Translator, match: Match) -> None:
        own, solution = match.own, match.solution
        try:
            nodes = translator.translate(solution, match.loops, own.block)
            if own.loop is not None:
                nodes = [_turn_header(match, node) for node in nodes]
            # A header is never moved.
            guards = solution.block.guards if own.loop is None else ()
            guard = translator.guard(guards, solution, match.loops, own.block) if guards else None
        except UntranslatableError:
            return
        for node in (*nodes, *([] if guard is None else [guard])):
            locate(node, own.nodes[-1])
        early, behind = _find_late(translator.pair, match)
        self.replacements[own.number, solution.number] = Replacement(solution, nodes, guard, early, behind)

    def list_edits(self, number: int) -> list[Edit]:
        """Return the edits of a statement of the submission's, the likeliest first.

        Beside single ones they are those that bring it nearer to the statement that it is compared with.
        """
        if number not in self._edits:
            group = self.groups[number]
            edits = list_edits(group, self._functions[number], widely=not self._is_solutions(group))
            nearer = self._list_differences(group)
            small = [edit for edit in nearer if len(edit.changes) == 1 and is_small(edit.changes[0])]
            edits = [*small, *edits, *(edit for edit in nearer if edit not in small)][:MOST_EDITS]
            if group.loop is not None:
                # What a loop runs over is named as a whole.
                edits = [_name_header(group, edit) for edit in edits]
            for edit in edits:
                for node in edit.nodes:
                    locate(node, group.nodes[edit.place])
            self._edits[number] = edits
        return self._edits[number]

    def compare(self, number: int, other: int) -> list[Edit]:
        """Return the edits of a statement that is compared with one of the solution's, if that may stand there."""
        if self._compared.get(number) != other:
            self._compared[number] = other
            self._edits.pop(number, None)
        return self.list_edits(number)

    def _is_solutions(self, group: StatementGroup) -> bool:
        """Return True if a group is, word for word, what it is compared with."""
        wanted = self._find_wanted(group)
        return wanted is not None and [*map(ast.dump, group.nodes)] == [*map(ast.dump, wanted.solution.nodes)]

    def _find_wanted(self, group: StatementGroup) -> Replacement | None:
        return self.replacements.get((group.number, self._compared.get(group.number, -1)))

    def _list_differences(self, group: StatementGroup) -> list[Edit]:
        """Return the edits that bring a group nearer to the statements that it is compared with.

        A statement that corresponds to none is compared as a part of the one that reads what it writes.
        """
        wanted = self._find_wanted(group)
        if wanted is not None:
            return list_differences_of_groups(group.nodes, wanted.nodes)
        pair = self._pairs[group.function]
        for reader in pair.own.groups:
            matches = pair.matches.get(reader.number, ())
            wanted = self.replacements.get((reader.number, matches[0].solution.number)) if matches else None
            if wanted is not None and len(reader.nodes) == len(wanted.nodes) == 1:
                whole = inline(reader, pair.own.groups, pair.paired, group)
                if edits := list_differences_within(group.nodes[-1], whole, wanted.nodes[0]):
                    return edits
        return []

    def list_corresponding(self, branch: ast.If) -> set[int]:
        """Return the statements inside of a branch to which one of the solution's corresponds."""
        return {
            group.number
            for pair in self._pairs.values()
            for group in pair.own.groups
            if group.number in pair.paired and any(guard.node is branch for guard in group.block.guards)
        }

    def apply(self, script: Sequence[Operation]) -> list[ast.Module]:
        """Return the program after the operations of a script; raises KeyError if there is no such operation."""
        application = _Application(self)
        trees = [ast.Module(application.clone(tree.body), []) for tree in self.trees]
        for kind, *numbers in sorted(script, key=lambda operation: (operation[0] == INSERT, operation[1:])):
            application.make(kind, numbers)
        application.finish()
        return trees


@dataclass
class _Application:
    """One application of a script. Blocks are copied; what is no block is shared with the program and never changed."""

    mending: Mending
    #: By the identity of a block, or of a statement with blocks, its copy.
    copies: dict[int, Any] = field(default_factory=dict)
    #: Blocks that were made for inserted statements, by the identity of the solution's and of the place.
    made: dict[tuple[int, int], list[ast.stmt]] = field(default_factory=dict)
    #: Behind each anchor how many statements were inserted.
    behind: dict[int, int] = field(default_factory=dict)
    #: By group what stands in the place of each of its statements, and by group the condition; None: where it stood.
    _values: dict[int, list[list[ast.stmt]]] = field(default_factory=dict)
    _guards: dict[int, Replacement] = field(default_factory=dict)
    #: By statement the rest of what stands in its place, behind another statement.
    _late: dict[int, Replacement] = field(default_factory=dict)

    def clone(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Return a block whose statements can be replaced, at every depth."""
        cloned = [self._clone(node) if hasattr(node, "body") else node for node in body]
        self.copies[id(body)] = cloned
        return cloned

    def _clone(self, node: ast.stmt) -> ast.stmt:
        cloned = copy.copy(node)
        for name in ("body", "orelse", "finalbody"):
            if block := getattr(node, name, None):
                setattr(cloned, name, self.clone(block))
        self.copies[id(node)] = cloned
        return cloned

    def _copy_of(self, node: ast.stmt) -> ast.stmt:
        copied: ast.stmt = self.copies.get(id(node), node)
        return copied

    def make(self, kind: str, numbers: Sequence[int]) -> None:
        """Note or make one operation."""
        if kind == INSERT:
            self._settle()
            self._insert(self.mending.insertions[numbers[0]])
            return
        own = self.mending.groups[numbers[0]]
        if own.loop is not None and kind not in {REPLACE, EDIT}:
            raise KeyError(kind)
        if kind == REPLACE:
            replacement = self.mending.replacements[own.number, numbers[1]]
            self._values[own.number] = _stand_last(own, list(replacement.nodes))
            if replacement.behind is not None:
                self._late[own.number] = replacement
        elif kind == GUARD:
            self._guards[own.number] = self.mending.replacements[own.number, numbers[1]]
        elif kind == REMOVE:
            self._values[own.number] = _stand_last(own, [])
        elif kind == EDIT:
            edit = self.mending.list_edits(own.number)[numbers[1]]
            # Its place is known by its line.
            nodes = edit.nodes or (ast.copy_location(ast.Pass(), own.nodes[edit.place]),)
            self._values[own.number] = [list(nodes) if i == edit.place else [node] for i, node in enumerate(own.nodes)]
        elif kind == ZERO:
            self._values[own.number] = [[_make_zero(node)] for node in own.nodes]
        else:
            raise KeyError(kind)

    def finish(self) -> None:
        """Put everything in its place."""
        self._settle()

    def _settle(self) -> None:
        self._exchange_tests()
        for number in sorted({*self._values, *self._guards}):
            own = self.mending.groups[number]
            nodes = self._values.get(number)
            if number in self._guards:
                moved = own.nodes if nodes is None else [node for part in nodes for node in part]
                self._move(own, moved, self._guards[number].guard)
            elif number in self._late:
                late = self._late[number]
                self._replace(own, _stand_last(own, list(late.nodes[: late.early])))
            elif nodes is not None:
                self._replace(own, nodes)
        for number in self._late.keys() - self._guards.keys():
            self._append(self.mending.groups[number].block.body, self._late[number])
        self._values.clear()
        self._guards.clear()
        self._late.clear()

    def _exchange_tests(self) -> None:
        """Exchange the test of a branch from which all that corresponds is moved under one other condition.

        What corresponds to nothing may be read by the others, and stays with them.
        """
        moved: defaultdict[int, list[int]] = defaultdict(list)
        for number in self._guards:
            for branch in self.mending.groups[number].block.guards[-1:]:
                moved[id(branch.node)].append(number)
        for numbers in moved.values():
            (branch, *outer) = self.mending.groups[numbers[0]].block.guards[::-1]
            guards = [self._guards[number].guard for number in numbers]
            first = guards[0]
            beside = self.mending.list_corresponding(branch.node)
            alike = {"" if guard is None else ast.dump(guard) for guard in guards}
            if first is None or outer or branch.node.orelse or len(alike) > 1 or beside - set(numbers):
                continue
            self._copy_of(branch.node).test = first  # type: ignore[attr-defined] # it is an `if`
            for number in numbers:
                del self._guards[number]

    def _body(self, body: list[ast.stmt]) -> list[ast.stmt]:
        copied: list[ast.stmt] = self.copies[id(body)]
        return copied

    def _replace(self, own: StatementGroup, nodes: Sequence[list[ast.stmt]]) -> None:
        """Put statements in the place of each of a group."""
        if own.loop is not None:
            set_header(self._copy_of(own.loop), nodes[-1][-1])
            return
        for node, block, new in zip(own.nodes, own.blocks, nodes, strict=True):
            body = self._body(block.body)
            at = _place(body, node)
            body[at : at + 1] = new or [ast.copy_location(ast.Pass(), node)]

    def _append(self, original: list[ast.stmt], replacement: Replacement) -> None:
        """Put the late statements behind the one that they read from, or behind what stands in its place."""
        body, anchor = self._body(original), replacement.behind
        at = max((i for i, node in enumerate(body) if anchor is not None and node.lineno == anchor.lineno), default=-1)
        body[at + 1 : at + 1] = replacement.nodes[replacement.early :]

    def _move(self, own: StatementGroup, nodes: list[ast.stmt], guard: ast.expr | None) -> None:
        """Put statements under another condition, behind the outermost branch that they stood in."""
        self._replace(own, _stand_last(own, []))
        body, anchor = climb(own.block, own.nodes[-1])
        new = list(nodes) if guard is None else [ast.copy_location(ast.If(guard, list(nodes), []), own.nodes[-1])]
        copied = self._body(body)
        if anchor is own.nodes[-1]:
            # It stood under no condition: its place is where a `pass` is now.
            at = self._find_pass(copied, own.nodes[-1])
        else:
            at = _place(copied, self._copy_of(anchor)) + 1 + self.behind.get(id(anchor), 0)
            self.behind[id(anchor)] = self.behind.get(id(anchor), 0) + len(new)
        copied[at:at] = new

    @staticmethod
    def _find_pass(body: list[ast.stmt], node: ast.stmt) -> int:
        return next(i for i, other in enumerate(body) if isinstance(other, ast.Pass) and other.lineno == node.lineno)

    def _insert(self, insertion: Insertion) -> None:
        body = self._body(insertion.body)
        place = id(insertion.anchor)
        for identity, holder in insertion.around:
            if (identity, place) in self.made:
                body = self.made[identity, place]
                continue
            made, inner = copy.copy(holder), list(getattr(holder, "body", ()))
            made.body = inner  # type: ignore[attr-defined] # a loop or an `if`
            self._put(body, insertion, made)
            self.made[identity, place] = body = inner
        if body is not self._body(insertion.body):
            body += insertion.nodes
            return
        for node in insertion.nodes:
            self._put(body, insertion, node)

    def _put(self, body: list[ast.stmt], insertion: Insertion, node: ast.stmt) -> None:
        """Put a statement behind what was inserted there before it, or before the anchor."""
        if body is not self._body(insertion.body):
            body.append(node)
            return
        anchor = self._copy_of(insertion.anchor)
        at = next((i for i, other in enumerate(body) if other is anchor), None)
        if at is None:
            # What stands in its place has its line.
            lines = [i for i, other in enumerate(body) if other.lineno == anchor.lineno]
            at = lines[-1] if insertion.after else lines[0]
        elif insertion.after:
            key = id(insertion.anchor)
            at += self.behind.get(key, 0)
            self.behind[key] = self.behind.get(key, 0) + 1
        body.insert(at + 1 if insertion.after else at, node)


def _turn_header(match: Match, node: ast.stmt) -> ast.stmt:
    """Return the header of the solution's loop with the values that the submission's variable has in its turns."""
    if isinstance(match.own.loop, ast.While) or match.own.loop is None or match.solution.loop is None:
        return node
    turn = find_turn(match, list_names_of(match.solution.loop), list_names_of(match.own.loop))
    value: ast.expr = node.value  # type: ignore[attr-defined] # of a header it is an expression
    if turn is None or isinstance(turn, ast.Name):
        return node
    return ast.Expr(ast.GeneratorExp(turn, [ast.comprehension(ast.Name(TURN, ast.Store()), value, [], 0)]))


def _name_header(group: StatementGroup, edit: Edit) -> Edit:
    values = (getattr(node, "value", None) for node in (group.nodes[edit.place], *edit.nodes))
    return edit._replace(changes=(PartChange(EditKind.INDEX, *values),))


def _stand_last(own: StatementGroup, nodes: list[ast.stmt]) -> list[list[ast.stmt]]:
    """Return statements in the place of the last of a group; the others go."""
    return [*([] for _ in own.nodes[1:]), nodes]


def _place(body: list[ast.stmt], node: ast.stmt) -> int:
    return next(i for i, other in enumerate(body) if other is node)


def _find_late(pair: FunctionPair, match: Match) -> tuple[int, ast.stmt | None]:
    """Return how many statements of a replacement may stand in its place, and the last that the others read from.

    A gradient that is made in one line of the solution, and added to in a later one, reads what stands between them.
    """
    own, solution = match.own, match.solution
    body, early = own.block.body, len(solution.nodes)
    if early == 1:
        return early, None
    last = end = _place(body, own.nodes[-1])
    likeliest = [matches[0] for matches in pair.matches.values() if matches and matches[0].own.block.body is body]
    for count, node in enumerate(solution.nodes[1:], 1):
        names = {spell(part) for part in ast.walk(node) if isinstance(part, (ast.Name, ast.Attribute))}
        places = [
            _place(body, other.own.nodes[-1])
            for other in likeliest
            if solution.line < other.solution.line < node.lineno and not names.isdisjoint(other.solution.target.names)
        ]
        if max(places, default=-1) > end:
            early, last = min(early, count), max(last, *places)
    return early, body[last] if last > end else None


def _make_zero(node: ast.stmt) -> ast.stmt:
    """Return a statement with zeros for what it writes."""
    value = getattr(node, "value", None)
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and value is not None:
        zero = copy.copy(node)
        zero.value = ast.copy_location(ast.Call(locate(ast.Name(ZEROS, ast.Load()), node), [value], []), node)
        return zero
    return ast.copy_location(ast.Pass(), node)

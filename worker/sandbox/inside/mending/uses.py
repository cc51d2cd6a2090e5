"""For which of a solution's statements one of the submission works: what it writes, returns otherwise, or feeds."""

import ast
from collections.abc import Collection, Mapping, Sequence

from backmark.worker.sandbox.inside.accessors import spell
from backmark.worker.sandbox.inside.entry import MOST_SOURCES

from .groups import RETURN, Function, StatementGroup
from .matching import FunctionPair
from .scripts import Mending
from .targets import list_names


class Uses:
    """The uses of a submission's statements, beside those of a solution."""

    def __init__(
        self,
        pairs: Mapping[str, FunctionPair],
        mending: Mending,
        solution: Mapping[str, Function],
        rows: Collection[int],
    ) -> None:
        """Look at these functions; `rows` are the lines of the solution that count for rows."""
        self._pairs = pairs
        self._mending = mending
        self._solution = solution
        self._rows = rows

    @staticmethod
    def list_overwritten(pair: FunctionPair, group: StatementGroup) -> list[int]:
        """Return the statements of the solution's that write what a statement writes that corresponds to none.

        Of a parameter they are those that read it.
        """
        if group.target.how in {"return", "bare", "loop"}:
            return []
        names = set(group.target.names)
        likeliest = [pair.matches[number][0] for number in pair.paired]
        written = {match.solution.number for match in likeliest if not names.isdisjoint(match.own.target.names)}
        # A parameter is written by no statement of the solution's: it feeds those that read it.
        parameters = {name for name, own in pair.names.items() if own in names and own in pair.own.parameters}
        read = {other.number for other in pair.solution.groups if not parameters.isdisjoint(other.read)}
        return sorted(written | read)

    def list_sources(self, pair: FunctionPair, group: StatementGroup, alternatives: Sequence[int]) -> list[int]:
        """Return the solution's statements for which one without a row works, or whose values a `return` has otherwise.

        `alternatives` are the statements of the solution's that may stand in its place, the likeliest first.
        """
        is_matched_return = group.role == RETURN and bool(alternatives)
        return (self._list_returned if is_matched_return else self._list_served)(pair, group, alternatives)

    def _list_returned(self, pair: FunctionPair, group: StatementGroup, alternatives: Sequence[int]) -> list[int]:
        """Return the statements of the solution's whose values a `return` of the submission's returns otherwise.

        They write the variables that the solution returns there, or if it returns no variables they call the function.
        """
        replacement = next((self._mending.replacements[group.number, other] for other in alternatives[:1]), None)
        if replacement is None:
            return []
        parts = _list_parts(replacement.solution.nodes[-1])
        translated, own = _list_parts(replacement.nodes[-1]), _list_parts(group.nodes[-1])
        if len(own) == len(parts):
            dumps = zip(map(ast.dump, translated), map(ast.dump, own), strict=True)
            parts = [part for part, (theirs, mine) in zip(parts, dumps, strict=True) if theirs != mine] or parts
        returned = set().union(*map(list_names, parts))
        written = [other.number for other in pair.solution.groups if not returned.isdisjoint(other.target.names)]
        called = group.function.rpartition(".")[2]
        every = (other for function in self._solution.values() for other in function.groups)
        return written or [other.number for other in every if called in _list_called(other)]

    def _list_served(self, pair: FunctionPair, group: StatementGroup, alternatives: Sequence[int]) -> list[int]:
        """Return the solution's statements with rows that correspond to those for which a statement without one works.

        They use what it writes, or what is computed from that, in the order in which they stand. Of several variables
        those count that the statement in its place writes otherwise.
        """
        if self._has_row(pair, group) or group.loop is not None:
            return []
        served: dict[int, None] = {}
        done, todo = {group.number}, self._list_users(pair, group, self._list_written_otherwise(group, alternatives))
        while todo:
            used, other = todo.pop(0)
            if other.number in done:
                continue
            done.add(other.number)
            if len(served) == MOST_SOURCES:
                break
            if self._has_row(used, other):
                served[used.matches[other.number][0].solution.number] = None
            else:
                todo += self._list_users(used, other, other.target.names)
        return list(served)

    def _list_users(
        self, pair: FunctionPair, group: StatementGroup, names: Collection[str]
    ) -> list[tuple[FunctionPair, StatementGroup]]:
        """Return what reads or writes variables of a function; of a `return` what calls the function."""
        if group.role != RETURN:
            users = {other.number: other for name in names for other in pair.own.users.get(name, ())}
            return [(pair, users[number]) for number in sorted(users)]
        return [
            (calling, other)
            for calling in self._pairs.values()
            for other in calling.own.groups
            if calls(other, pair.own.name)
        ]

    def _has_row(self, pair: FunctionPair, group: StatementGroup) -> bool:
        matches = pair.matches.get(group.number, ()) if group.number in pair.paired else ()
        return any(node.lineno in self._rows for match in matches[:1] for node in match.solution.nodes)

    def _list_written_otherwise(self, group: StatementGroup, alternatives: Sequence[int]) -> list[str]:
        """Return the variables that a statement writes, of several those that the one in its place writes otherwise."""
        names = list(group.target.names)
        otherwise: set[int] = set()
        for other in alternatives[:1]:
            wanted = self._mending.replacements[group.number, other].nodes[-1]
            for list_parts in (_list_targets, _list_parts):
                mine, theirs = list_parts(group.nodes[-1]), list_parts(wanted)
                if len(mine) == len(theirs) == len(names):
                    otherwise |= {i for i in range(len(names)) if ast.dump(mine[i]) != ast.dump(theirs[i])}
        return [names[i] for i in sorted(otherwise)] or names


def _list_parts(node: ast.stmt) -> list[ast.expr]:
    """Return the expressions that a `return` returns: of a tuple, a list or a dictionary each."""
    value = getattr(node, "value", None)
    if isinstance(value, (ast.Tuple, ast.List)):
        return value.elts
    return value.values if isinstance(value, ast.Dict) else [] if value is None else [value]


def _list_targets(node: ast.stmt) -> list[ast.expr]:
    """Return the targets of an assignment, of a tuple each."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]


def _list_called(group: StatementGroup) -> set[str]:
    """Return the names of the functions and methods that a group calls."""
    return {name_called(part) for node in group.nodes for part in ast.walk(node) if isinstance(part, ast.Call)}


def calls(group: StatementGroup, function: str) -> bool:
    """Return True if a group may call a function of the submission's, or a method by its class and name."""
    holder, _, name = function.rpartition(".")
    return any(
        name_called(part) == name and isinstance(part.func, ast.Attribute if holder else ast.Name)
        for node in group.nodes
        for part in ast.walk(node)
        if isinstance(part, ast.Call)
    )


def name_called(call: ast.Call) -> str:
    """Return the name of the function or method that is called; empty for NumPy's."""
    if not isinstance(call.func, ast.Attribute):
        return spell(call.func)
    return "" if spell(call.func.value) in {"np", "numpy"} else call.func.attr

"""The lines that call, statement by statement: after one that raised, the call goes on with the next.

The names that such a statement would have bound have no value from then on, also if they had one before: nothing is
judged by a value that it would have replaced. What a method or a function changed before it raised stays as it is.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from .entry import LONGEST_TYPE
from .reading.names import find_changed, names
from .tracebacks import name_type

#: The name of the value at a place of `a, b = f(), g()`, until its target is bound.
_HELD = "_backmark_{}"


class MissingCause(NamedTuple):
    """Why a name has no value: the type of an exception, and the function that the submission lacks if that is it."""

    type: str
    lacking: str = ""


class Failures:
    """The exceptions of one call, of which the first counts, and the names that have no value because of them."""

    def __init__(
        self,
        describe: Callable[[BaseException], dict[str, Any]],
        find_cause: Callable[[BaseException], BaseException],
    ) -> None:
        #: The description of the first exception, or of the one that ended the call for lack of memory.
        self.raised: dict[str, Any] | None = None
        #: The functions that the submission does not define.
        self.lacking: Sequence[str] = ()
        self._describe = describe
        self._find_cause = find_cause
        self._causes: dict[str, MissingCause] = {}

    def record(self, error: BaseException) -> None:
        """Keep the description of an exception if it is the one that counts."""
        if self.raised is None or isinstance(error, MemoryError):
            self.raised = self._describe(error)

    def find(self, error: BaseException) -> MissingCause | None:
        """Return why there is no value of the name that an exception misses; None if it misses no such name."""
        name = error.name if type(error) is NameError else None
        # A student's own may have anything in the name's place.
        if type(name) is not str:
            return None
        return self._causes.get(name, MissingCause(NameError.__name__, name) if name in self.lacking else None)

    def explain(self, error: BaseException) -> MissingCause:
        """Return why what a statement that raised would have bound has no value."""
        return self.find(error) or MissingCause(name_type(self._find_cause(error))[:LONGEST_TYPE])

    def unset(self, names: Iterable[str], cause: MissingCause, namespace: dict[str, Any]) -> None:
        """Take the values of these names out of the namespace."""
        for name in names:
            namespace.pop(name, None)
            self._causes[name] = cause


class CallLines:
    """The lines, compiled by statements, each with its line number."""

    def __init__(self, text: str) -> None:
        self._text = text
        #: The code of each statement.
        self.statements = tuple(compile(ast.Module([node], []), "<call>", "exec") for node in _list_statements(text))

    @cached_property
    def _names(self) -> list[frozenset[str]]:
        """The names that each statement binds, or whose entries and attributes it sets: most calls raise nothing."""
        return list(map(_list_names, _list_statements(self._text)))

    def execute(self, namespace: dict[str, Any], failures: Failures) -> None:
        """Execute the statements, also those after one that raised; not after an exit or without memory."""
        for place, statement in enumerate(self.statements):
            try:
                exec(statement, namespace)
            except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are answers too
                failures.record(error)
                cause = failures.explain(error)
                goes_on = _goes_on(error)
            else:
                continue
            for lost in self._names[place : place + 1 if goes_on else None]:
                failures.unset(lost, cause, namespace)
            if not goes_on:
                return


def _goes_on(error: BaseException) -> bool:
    """Return False for what ends a program, and for what would only fill the memory again."""
    return isinstance(error, Exception) and not isinstance(error, MemoryError)


def _list_statements(text: str) -> list[ast.stmt]:
    return [part for node in ast.parse(text).body for part in _split(node)]


def _split(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield `a, b = f(), g()` as a statement for each value, and then for each target: one may raise, and one not."""
    match node:
        case ast.Assign([ast.Tuple(elts=targets)], ast.Tuple(elts=values)) if _are_paired(targets, values):
            for place, value in enumerate(values):
                held = ast.Name(_HELD.format(place), ast.Store())
                yield _locate(ast.Assign([held], value), value)
            for place, target in enumerate(targets):
                held = ast.Name(_HELD.format(place), ast.Load())
                yield _locate(ast.Assign([target], held), target)
        case _:
            yield node


def _are_paired(targets: list[ast.expr], values: list[ast.expr]) -> bool:
    """Return True if each target has a value of its own."""
    return len(targets) == len(values) and not any(isinstance(part, ast.Starred) for part in (*targets, *values))


def _locate(made: ast.stmt, node: ast.expr) -> ast.stmt:
    return ast.fix_missing_locations(ast.copy_location(made, node))


def _list_names(node: ast.stmt) -> frozenset[str]:
    """Return the names that a statement binds or deletes, and those whose entries or attributes it sets."""
    return names(node).bound | find_changed(node)

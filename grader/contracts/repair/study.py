"""The statements of a submission beside those of a solution, as a jail found them: what may be put where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from backmark.grader.contracts.language.row_comments import RowStatement
from backmark.grader.errors import Crashed

REPLACE, INSERT, GUARD, REMOVE, ZERO, EDIT = "replace", "insert", "guard", "remove", "zero", "edit"
#: The role of the header of a loop, of a `return`, and of any other statement in a function that no solution has.
HEADER, RETURN, HELPER = "header", "return", "helper"

#: The kind of an operation, the number of the submission's statement or of the inserted one, that of the solution's.
Operation = tuple[str, int] | tuple[str, int, int]
Script = frozenset[Operation]


@dataclass(frozen=True, slots=True)
class OwnStatement:
    """Statements of the submission that write one target together."""

    number: int
    #: The cell (0 in a file) and the line of each.
    lines: tuple[tuple[int, int], ...]
    #: The statements of the solution that may stand in its place, the likeliest first.
    alternatives: tuple[int, ...]
    #: The ones among them that read like it, and those that run under another condition.
    alike: frozenset[int]
    guarded: frozenset[int]
    #: True if the template has it.
    unfilled: bool
    #: The condition under which it runs, and the one under which it must, as text; empty for none.
    conditions: tuple[str, str]
    #: True if it writes a number, or an array of zeros, ones or random numbers.
    placeholder: bool
    #: `HEADER`, `HELPER`, or another text.
    role: str
    #: If it corresponds to none of them: those that write the variable, or read the parameter, that it writes.
    overwritten: tuple[int, ...]
    #: Of a `return` those whose values it returns otherwise; of another one without rows those for which it works.
    sources: tuple[int, ...] = ()
    #: The cell and the line of the `if` around it, if there is one inside of the innermost loop.
    guard: tuple[tuple[int, int], ...] = ()
    #: Functions of the submission's own that it calls.
    helpers: tuple[str, ...] = ()

    def find_line(self, place: int) -> tuple[int, int]:
        """Return the cell and the line of one of its statements; the last if there is none at this place."""
        return self.lines[min(place, len(self.lines) - 1)]


@dataclass(frozen=True)
class Study:
    """All that may be mended of a submission by one solution."""

    statements: tuple[OwnStatement, ...]
    #: By the number of a statement of the solution's the rows that it counts for.
    rows: Mapping[int, tuple[str, ...]]
    #: The statements of the solution's that the submission lacks and that have a place in it.
    insertable: frozenset[int]
    #: The lines at which the submission raised, by cell and number.
    raised: frozenset[tuple[int, int]] = frozenset()

    @classmethod
    def read(
        cls, reply: Mapping[str, Any], commented: Sequence[RowStatement], raised: frozenset[tuple[int, int]]
    ) -> "Study":
        """Return what a jail's checked reply says of a solution with these comments; raises Crashed for nonsense.

        Which statements there are was said before any of the student's code ran; what of the solution's may stand
        where is nothing to be relied on.
        """
        rows_by_line = {statement.first: statement.rows for statement in commented}
        rows = {}
        for number, lines in reply["solution"]:
            names = [row for line in lines for row in rows_by_line.get(line, ())]
            if names:
                rows[number] = tuple(dict.fromkeys(names))
        matches = {match["number"]: match for match in reply["matches"]}
        if matches.keys() != {number for number, *_ in reply["statements"]}:
            raise Crashed("It matched other statements than it has.")
        statements = tuple(
            OwnStatement(
                number,
                tuple((cell, line) for cell, line in lines),
                tuple(matches[number]["alternatives"]),
                frozenset(matches[number]["alike"]),
                frozenset(matches[number]["guarded"]),
                unfilled,
                tuple(matches[number]["conditions"]),
                matches[number]["placeholder"],
                role,
                tuple(matches[number]["overwritten"]),
                tuple(matches[number]["sources"]),
                tuple((cell, line) for cell, line in guard),
                tuple(helpers),
            )
            for number, lines, unfilled, role, guard, helpers in sorted(reply["statements"])
        )
        return cls(statements, rows, frozenset(reply["insertable"]) & rows.keys(), raised)

    @cached_property
    def compared(self) -> Mapping[int, int]:
        """By the number of a statement of the submission's the likeliest of the solution's."""
        return {own.number: own.alternatives[0] for own in self.statements if own.alternatives}

    @cached_property
    def matched(self) -> Mapping[int, int]:
        """By the number of a statement of the submission's the likeliest of the solution's that counts for a row."""
        return {number: other for number, other in self.compared.items() if other in self.rows}

    @cached_property
    def own(self) -> Mapping[int, OwnStatement]:
        """The statements of the submission by their numbers."""
        return {own.number: own for own in self.statements}

    @cached_property
    def helping(self) -> frozenset[int]:
        """The statements of functions that no solution has."""
        return frozenset(own.number for own in self.statements if own.role == HELPER)

    @cached_property
    def raising(self) -> frozenset[int]:
        """The statements at which the submission raised."""
        return frozenset(own.number for own in self.statements if not self.raised.isdisjoint(own.lines))

    @cached_property
    def replacements(self) -> Script:
        """The replacements of all statements that have a match, but for headers of loops."""
        return frozenset(
            (REPLACE, number, other) for number, other in self.matched.items() if self.own[number].role != HEADER
        )

    @cached_property
    def frames(self) -> Script:
        """The replacements of headers of loops, and of what counts for no row of its own."""
        return frozenset(
            (REPLACE, number, other)
            for number, other in self.compared.items()
            if self.rows and (number not in self.matched or self.own[number].role == HEADER)
        )

    @cached_property
    def insertions(self) -> Script:
        """The insertions of all statements that are missing."""
        covered = set(self.matched.values())
        return frozenset((INSERT, number) for number in self.insertable if number not in covered)

    @cached_property
    def unfilled(self) -> Script:
        """The replacements of the template's own lines that read otherwise than the solution's."""
        return frozenset(
            (REPLACE, number, other)
            for number, other in self.matched.items()
            if self.own[number].unfilled and other not in self.own[number].alike
        )

    @cached_property
    def guards(self) -> Script:
        """The moves of statements that run under another condition than in the solution."""
        return frozenset(
            (GUARD, number, other) for number, other in self.matched.items() if other in self.own[number].guarded
        )

    @cached_property
    def removals(self) -> Script:
        """The removals of statements that overwrite what others have written, or that raise and count for no row."""
        return frozenset(
            (REMOVE, own.number)
            for own in self.statements
            if own.number not in self.matched
            and own.role != HEADER
            and (not self.rows.keys().isdisjoint(own.overwritten) or not self.raised.isdisjoint(own.lines))
        )

    def rows_of(self, operation: Operation) -> tuple[str, ...]:
        """Return the rows that an operation costs."""
        kind, number, *others = operation
        if kind == INSERT:
            return self.rows[number]
        if kind == REMOVE:
            overwritten = [self.rows[other] for other in self.own[number].overwritten if other in self.rows]
            if overwritten:
                return tuple(dict.fromkeys(row for rows in overwritten for row in rows))
        if kind == EDIT and number in self.matched:
            return self.rows[self.matched[number]]
        if kind != EDIT and others and others[0] in self.rows:
            return self.rows[others[0]]
        # What has no row costs the first of what it returns otherwise, or works for: one mistake is one row.
        sources = [self.rows[other] for other in self.own[number].sources if other in self.rows]
        return next(iter(sources), self._rows_behind(number))

    def _rows_behind(self, number: int) -> tuple[str, ...]:
        """Return the rows of the next statement that counts for any, or of the one before it."""
        behind = [self.rows[self.matched[other]] for other in sorted(self.matched) if other > number]
        before = [self.rows[self.matched[other]] for other in sorted(self.matched, reverse=True) if other < number]
        # No operation is free, or what is wrong would have all marks.
        return next(iter([*behind, *before, *self.rows.values()]), ())

    def list_alternatives(self) -> Iterator[Operation]:
        """Yield replacements by what is not the likeliest."""
        for own in self.statements:
            for other in own.alternatives[1:]:
                if other in self.rows:
                    yield REPLACE, own.number, other

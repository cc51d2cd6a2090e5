"""The proof of an author's rows: each statement that counts for one is edited, and some case must catch that."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import chain
from math import ceil
from typing import Any

from backmark.grader.contracts.cases.answers import Candidate
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.judging.proven_statement import EditedLine, ProvenStatement
from backmark.grader.contracts.language.assignment import ContractAssignment, Solution
from backmark.grader.contracts.language.row_comments import RowStatement, read_solution
from backmark.grader.contracts.publishing.workshop import Workshop
from backmark.grader.contracts.rows.agreement import disagreeing
from backmark.grader.contracts.values.program import SITED, ProgramExchange, Programs, Run
from backmark.grader.contracts.values.written import WrittenProgram, WrittenStatement
from backmark.grader.errors import BadAssignment, CandidateError, TimedOut
from backmark.grader.model.slip import SlipKind

#: Edits of all statements together, of each as many.
_MOST_EDITS = 1500
#: Cases that catch an edit for it to be tried on no further ones.
_ENOUGH = 2
#: Answers of one request, and the numbers of its cases; statements that are edited in one program.
_AT_ONCE, _NUMBERS, _STATEMENTS = 2000, 1 << 20, 12
#: Jails that may end under edits of one solution; turns of all loops and calls of functions in one run.
_RESTARTS, _TURNS = 3, 300_000


@dataclass(frozen=True, slots=True)
class TriedEdit:
    """An edit: the cases that catch it, and its text if these are few."""

    caught: frozenset[int]
    line: EditedLine | None


@dataclass(frozen=True, slots=True)
class TriedStatement:
    """A statement that counts for rows, with its edits."""

    file: str
    line: int
    rows: tuple[str, ...]
    edits: tuple[TriedEdit, ...]
    #: The cases that are wrong without the statement, or with zeros in its place.
    shown: frozenset[int] = frozenset()

    def conclude(self, chosen: frozenset[int]) -> ProvenStatement:
        """Return what the chosen cases catch."""
        counts = [(len(edit.caught & chosen), edit.line) for edit in self.edits]
        narrow, uncaught = (
            tuple(line for count, line in counts if count == wanted and line is not None) for wanted in (1, 0)
        )
        caught = sum(count > 0 for count, _ in counts)
        shown = not self.shown.isdisjoint(chosen)
        return ProvenStatement(self.file, self.line, self.rows, len(counts), caught, shown, narrow, uncaught)


def list_commented(assignment: ContractAssignment) -> dict[Solution, tuple[RowStatement, ...]]:
    """Return the solutions with statements that count for rows, and these."""
    solutions = (Solution("solution.py", assignment.solution), *assignment.other_solutions)
    commented = {solution: read_solution(solution.source, assignment.rows) for solution in solutions}
    return {solution: statements for solution, statements in commented.items() if statements}


def find_held(statements: Sequence[ProvenStatement]) -> Iterator[str]:
    """Yield a sentence, without its full stop, for each row that no edit of a solution's statements can lose."""
    owned: dict[tuple[str, str], list[ProvenStatement]] = {}
    for statement in statements:
        for row in statement.rows:
            owned.setdefault((statement.file, row), []).append(statement)
    for (file, row), own in owned.items():
        if not any(statement.caught and statement.shown for statement in own):
            lines = ", ".join(str(statement.line) for statement in own)
            yield (
                f"{file}, line {lines}: on no case does a result depend on the row {row}, so that no submission can"
                " lose it: put its comment behind a statement that results are computed from, or widen the dims"
            )


@dataclass(frozen=True, slots=True)
class RowTrial:
    """The solutions of a contract with rows in their workshop, and the cases that may catch edits of them."""

    assignment: ContractAssignment
    cases: ContractCases
    workshop: Workshop

    def try_edits(self, first: Sequence[int], others: Sequence[int]) -> list[TriedStatement]:
        """Return all statements that count for rows, with the cases that catch their edits; raises BadAssignment.

        Edits are tried on the first cases, and on the others if hardly any of the first ones catches them.
        """
        commented = list_commented(self.assignment)
        most = max(1, _MOST_EDITS // max(1, sum(map(len, commented.values()))))
        exchange = ProgramExchange.of(self.assignment, self.cases, self.assignment.dtype)
        tried: list[TriedStatement] = []
        own = ContractExchange(self.assignment)
        for solution, statements in commented.items():
            try:
                with self.workshop.open_programs(solution.source, solution.name, own) as programs, ExitStack() as stack:
                    trial = _EditTrial(programs, exchange, stack, self.cases, first, others, most)
                    tried += trial.try_statements(solution.name, statements)
            except CandidateError as error:
                message = f"{solution.name} ended before it had answered, with an edit of a statement: {error}"
                raise BadAssignment(message) from error
        return tried


@dataclass(frozen=True, slots=True)
class _TriedTargets:
    """By the first of the statements that write a target their edits, and those that leave them out."""

    edits: defaultdict[int, list[TriedEdit]] = field(default_factory=lambda: defaultdict(list))
    removals: defaultdict[int, list[TriedEdit]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class _EditTrial:
    """The edits of one solution, tried on the first cases and then on the others."""

    programs: Programs
    exchange: ProgramExchange
    stack: ExitStack
    cases: ContractCases
    first: Sequence[int]
    others: Sequence[int]
    most: int
    #: The program whose edits are tried, and the jail that it is in, until that ends.
    _text: str = field(default="", init=False)
    _candidate: Candidate | None = field(default=None, init=False)
    _left: int = field(default=_RESTARTS, init=False)

    def try_statements(self, file: str, statements: Sequence[RowStatement]) -> Iterator[TriedStatement]:
        """Yield the statements, those of one target together."""
        rows_by_line = {statement.first: statement.rows for statement in statements}
        known = self._write(file, SITED).statements
        lines_by_target: dict[int, list[int]] = {}
        for statement in known:
            if (line := statement.spot[1]) in rows_by_line:
                lines_by_target.setdefault(statement.begun, []).append(line)
        targets = sorted(lines_by_target, key=lambda target: known[target].spot)
        for start in range(0, len(targets), _STATEMENTS):
            part = targets[start : start + _STATEMENTS]
            edited = self._write(file, {"made": [], "hooked": False, "statements": part, "edits": "trial"})
            tried = self._try(edited, known)
            for target in part:
                lines = lines_by_target[target]
                rows = tuple(dict.fromkeys(row for line in lines for row in rows_by_line[line]))
                edits, removals = tried.edits[target], tried.removals[target]
                # A loop without its header is none: its edits show it.
                shown = frozenset[int]().union(*(edit.caught for edit in removals or edits))
                yield TriedStatement(file, lines[0], rows, tuple(edits), shown)
        for line in sorted(rows_by_line.keys() - {line for lines in lines_by_target.values() for line in lines}):
            yield TriedStatement(file, line, rows_by_line[line], ())

    def _write(self, file: str, wanted: Mapping[str, Any]) -> WrittenProgram:
        program = self.programs.write(wanted)
        if not program.text:
            raise BadAssignment(
                f"{file}: its rows cannot be proven, since it is too long, or nested too deeply, for its statements to"
                " be edited one by one"
            )
        return program

    def _try(self, edited: WrittenProgram, known: Sequence[WrittenStatement]) -> _TriedTargets:
        places = self._choose(edited, known)
        self._text, self._candidate = edited.text, None
        caught = dict.fromkeys(places, frozenset[int]())
        # Most are caught by each of the first few.
        few = len(self.first) // 3
        for cases in (self.first[:few], self.first[few:]):
            self._try_on(cases, caught)
        rare = frozenset(_list_rare(caught))
        self._try_on(self.others, caught)
        tried = _TriedTargets()
        for place in places:
            edit = edited.edits[place - 1]
            statement = known[edit.statement]
            line = EditedLine(statement.spot[1], edit.after) if place in rare else None
            of_kind = tried.removals if edit.kind == SlipKind.MISSING else tried.edits
            of_kind[statement.begun].append(TriedEdit(caught[place], line))
        return tried

    def _choose(self, edited: WrittenProgram, known: Sequence[WrittenStatement]) -> list[int]:
        """Return the places of the edits that are tried: of a target with many some of every kind, and all removals."""
        by_target: defaultdict[int, list[int]] = defaultdict(list)
        removals: list[int] = []
        for place, edit in enumerate(edited.edits, 1):
            own = removals if edit.kind == SlipKind.MISSING else by_target[known[edit.statement].begun]
            own.append(place)
        spread = (own[:: max(1, ceil(len(own) / self.most))] for own in by_target.values())
        return [*chain(*spread), *removals]

    def _try_on(self, places: Sequence[int], caught: dict[int, frozenset[int]]) -> None:
        """Add the cases at these places that catch edits which hardly any case has caught yet."""
        if not places:
            return
        rare, cases = _list_rare(caught), self.cases.take(places)
        numbers = len(cases.expected) + sum(len(case.numbers) for case in cases.drawn)
        step = max(1, min(_AT_ONCE // len(places), _NUMBERS // max(1, numbers)))
        for start in range(0, len(rare), step):
            part = rare[start : start + step]
            for edit, wrong in zip(part, self._list_wrong(part, cases), strict=True):
                caught[edit] |= {place for place, is_wrong in zip(places, wrong, strict=True) if is_wrong}

    def _list_wrong(self, edits: Sequence[int], cases: ContractCases) -> list[list[bool]]:
        """Return by edit for each case True if it is wrong; one under which the process ends is wrong everywhere."""
        every: list[list[bool]] = []
        while len(every) < len(edits):
            left = edits[len(every) :]
            runs = (Run(case, variant=edit, turns=_TURNS) for edit in left for case in range(len(cases)))
            drawn = tuple(run.bind(cases.drawn[run.case]) for run in runs)
            asked = replace(cases.take([*range(len(cases))] * len(left)), drawn=drawn)
            if self._candidate is None:
                self._candidate = self.stack.enter_context(self.programs.open(self._text, self.exchange))
            try:
                answers, ended = self._candidate.answer(asked), False
            except TimedOut:
                raise
            except CandidateError as error:
                answers, ended, self._candidate = error.answers, True, None
                self._left -= 1
                if self._left < 0:
                    raise
            wrong = disagreeing(asked, answers)
            # One may end after its last answer, as it was too much: that is the last edit's.
            whole = min(len(answers) // len(cases), len(left) - ended)
            every += [wrong[at * len(cases) : (at + 1) * len(cases)] for at in range(whole)]
            every += [[True] * len(cases)] * ended
        return every


def _list_rare(caught: Mapping[int, frozenset[int]]) -> list[int]:
    return [edit for edit, places in caught.items() if len(places) < _ENOUGH]

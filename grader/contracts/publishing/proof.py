"""The proof of an author's rows: each statement that counts for one is edited, and some case must catch that."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from math import ceil

from backmark.grader.contracts.cases.contract_cases import ContractCases, list_expressions
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.judging.proven_statement import EditedLine, ProvenStatement
from backmark.grader.contracts.language.assignment import ContractAssignment, Solution
from backmark.grader.contracts.language.row_comments import RowStatement, read_solution
from backmark.grader.contracts.publishing.workshop import Workshop
from backmark.grader.contracts.repair.bench import Bench, GaveUpError, WrongSubmission
from backmark.grader.contracts.repair.mender import Mender
from backmark.grader.contracts.repair.study import EDIT, HEADER, REMOVE, ZERO, Operation, OwnStatement, Script
from backmark.grader.contracts.rows.agreement import disagreeing
from backmark.grader.errors import BadAssignment, CandidateError

#: Edits of all statements together, of each as many.
_MOST_EDITS = 1500
#: Cases that catch an edit for it to be tried on no further ones.
_ENOUGH = 2
#: Answers of one request; edits that are spelled out by one.
_AT_ONCE, _SPELLED = 2000, 32


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

    def list_proofs(self, chosen: Sequence[int]) -> Iterator[frozenset[int]]:
        """Yield by edit the places among the chosen cases of those that catch it, and of those that show it."""
        for proof in (self.shown, *(edit.caught for edit in self.edits)):
            yield frozenset(at for at, place in enumerate(chosen) if place in proof)

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
        tried: list[TriedStatement] = []
        for solution, statements in commented.items():
            with ExitStack() as stack:
                try:
                    bench = self._open(solution, statements, stack)
                    tried += _Round(bench, self.cases, first, others, most).try_statements(solution.name, statements)
                except (GaveUpError, CandidateError) as error:
                    reason = error.__cause__ or error
                    message = f"{solution.name} ended before it had answered, with an edit of a statement: {reason}"
                    raise BadAssignment(message) from error
        return tried

    def _open(self, solution: Solution, statements: Sequence[RowStatement], stack: ExitStack) -> Bench:
        exchange = ContractExchange(self.assignment, list_expressions(self.cases), self.assignment.dtype)

        def start() -> Mender:
            # The jail before it has ended.
            stack.close()
            return stack.enter_context(self.workshop.open_mender(solution.source, solution.name, exchange))

        lesson = {
            "solution": solution.source,
            "lines": [statement.first for statement in statements],
            "template": "",
            "record": False,
        }
        none = self.cases.take([])
        return Bench(self.cases, none, lesson, statements, WrongSubmission((), (), start))


@dataclass(frozen=True, slots=True)
class _Round:
    """The edits of one solution, tried on the first cases and then on the others."""

    bench: Bench
    cases: ContractCases
    first: Sequence[int]
    others: Sequence[int]
    most: int

    def try_statements(self, file: str, statements: Sequence[RowStatement]) -> Iterator[TriedStatement]:
        """Yield the statements, those of one target together."""
        rows_by_line = {statement.first: statement.rows for statement in statements}
        lines_by_own = {
            own: lines
            for own in self.bench.study.statements
            if (lines := [line for _, line in own.lines if line in rows_by_line])
        }
        edits_by_own = self._list_edits(list(lines_by_own))
        tried = self._try([*chain.from_iterable(edits_by_own.values())])
        removals = {own: [(REMOVE, own.number), (ZERO, own.number)] for own in lines_by_own if own.role != HEADER}
        shown = self._try([*chain.from_iterable(removals.values())])
        for own, lines in lines_by_own.items():
            rows = tuple(dict.fromkeys(row for line in lines for row in rows_by_line.pop(line)))
            edits = tuple(tried[edit] for edit in edits_by_own[own.number])
            # A loop without its header is none: its edits show it.
            removed = [shown[operation] for operation in removals[own]] if own in removals else edits
            without = frozenset[int]().union(*(edit.caught for edit in removed))
            yield TriedStatement(file, lines[0], rows, edits, without)
        for line, rows in rows_by_line.items():
            yield TriedStatement(file, line, rows, ())

    def _list_edits(self, statements: Sequence[OwnStatement]) -> dict[int, list[Operation]]:
        """Return by their numbers the edits of statements, of many some of every kind."""
        edits: dict[int, list[Operation]] = {own.number: [] for own in statements}
        for edit in self.bench.list_edits(edits):
            edits[edit[1]].append(edit)
        return {number: own[:: max(1, ceil(len(own) / self.most))] for number, own in edits.items()}

    def _try(self, operations: Sequence[Operation]) -> Mapping[Operation, TriedEdit]:
        caught: dict[Operation, frozenset[int]] = dict.fromkeys(operations, frozenset())
        # Most are caught by each of the first few.
        few = len(self.first) // 3
        for places in (self.first[:few], self.first[few:]):
            self._try_on(places, caught)
        rare = [operation for operation in _list_rare(caught) if operation[0] == EDIT]
        self._try_on(self.others, caught)
        lines: dict[Operation, EditedLine] = {}
        for start in range(0, len(rare), _SPELLED):
            part = rare[start : start + _SPELLED]
            spelled = zip(part, self.bench.spell(part), strict=True)
            own = self.bench.study.own
            lines |= {edit: EditedLine(own[edit[1]].find_line(line.place)[1], line.text) for edit, line in spelled}
        return {edit: TriedEdit(places, lines.get(edit)) for edit, places in caught.items()}

    def _try_on(self, places: Sequence[int], caught: dict[Operation, frozenset[int]]) -> None:
        """Add the cases at these places that catch edits which hardly any case has caught yet."""
        if not places:
            return
        rare, cases = _list_rare(caught), self.cases.take(places)
        step = max(1, _AT_ONCE // len(places))
        for start in range(0, len(rare), step):
            part = rare[start : start + step]
            scripts: list[Script] = [frozenset({edit}) for edit in part]
            for edit, answers in zip(part, self.bench.answer(scripts, cases), strict=True):
                # An edit under which the process ends is wrong everywhere.
                wrong = disagreeing(cases, answers) if len(answers) == len(cases) else [True] * len(cases)
                caught[edit] |= {place for place, is_wrong in zip(places, wrong, strict=True) if is_wrong}


def _list_rare(caught: Mapping[Operation, frozenset[int]]) -> list[Operation]:
    return [edit for edit, places in caught.items() if len(places) < _ENOUGH]

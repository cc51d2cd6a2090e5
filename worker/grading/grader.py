"""One submission from its bytes to its verdict."""

import contextlib
import hashlib
import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from backmark.grader.contracts.cases.answers import Candidate
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.cases.fresh_cases import FreshCases
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.own_lines import locate_first
from backmark.grader.contracts.rows import wording
from backmark.grader.contracts.values.program import Programs
from backmark.grader.errors import BackmarkError, JailFailed, JailInterrupted, SliceEnded, SubmissionError, TimedOut
from backmark.grader.model.assignment import Limits
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import (
    Flag,
    GradedAssignment,
    GradedSubmission,
    Judgement,
    Statistics,
    StudentError,
    Verdict,
)
from backmark.grader.support.file_formats import refuse_other_format
from backmark.worker.grading import engine_version
from backmark.worker.grading.candidate import Jailed, Requests, entry
from backmark.worker.grading.own_parameters import judge_parameters
from backmark.worker.grading.programs import JailedPrograms, KeptSolution
from backmark.worker.sandbox.clock import Budget
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.reading.cells import Cells
from backmark.worker.sandbox.inside.reading.notebook import find_beginning
from backmark.worker.sandbox.inside.reading.rejection import quote
from backmark.worker.sandbox.inside.reading.syntax import unify_newlines
from backmark.worker.sandbox.inside.reading.writes import Write
from backmark.worker.sandbox.installation import Installation
from backmark.worker.sandbox.policy import JailLimits
from backmark.worker.sandbox.reply import OwnParameters
from backmark.worker.sandbox.request import JailRequest
from backmark.worker.sandbox.session import Session

PRINTS = Flag("prints", "prints while it computes")
MOSTLY_NUMBERS = Flag("mostly_numbers", "is mostly written-out numbers or texts")
CONFINED = Flag("confined", "was graded in a confined process, which is weaker than a jail")
#: Tries of a submission whose jail is interrupted and nobody knows why: it may be what is in it.
INTERRUPTED_TRIES = 3
#: What to read again, if it ends in another number of its equation, and the number of an equation in a comment.
_TWO_NUMBERS = re.compile(r"(.*?)(\d+(?:\.\d+)+)(.*) \((\d+(?:\.\d+)+)[^()]*\)")
_EQUATION = re.compile(r"\beq(?:uation)?s?\.?\s*\(?(\d+(?:\.\d+)+)", re.IGNORECASE)
#: Lines of a comment that are read for it: each is looked up in the whole file, which may be all comment.
_MOST_COMMENTED = 20
#: Characters of a file's name that the jail is told: enough to see its ending.
LONGEST_NAME = 255
UNFILLED = (
    "The last definition of `{function}` is not filled in: it is empty, or unchanged from the template. Fill it in and"
    " save the file. If the function is defined twice, the last definition counts."
)


class JailSource(Protocol):
    """The place where jails come from."""

    @property
    def installation(self) -> Installation:
        """The NumPy and the files of ours that they run, as they were when they were started."""
        ...

    @property
    def confined(self) -> bool:
        """True if they are none, but confined processes."""
        ...

    def take(self, limits: JailLimits, asked: JailRequest | None = None) -> Session:
        """Return a jail with these limits, which the caller must close; `asked` is its first request."""
        ...

    def prepare(self, limits: JailLimits | None = None) -> None:
        """Start ahead what the next submission takes; by default with the limits that were last asked for."""
        ...

    def close(self) -> None:
        """End what was started ahead."""
        ...


def limit_jails(limits: Limits) -> JailLimits:
    """Return an assignment's limits as the sandbox takes them."""
    return JailLimits(limits.seconds_per_call, limits.seconds, limits.memory, limits.output)


@dataclass(frozen=True)
class Grader:
    """A revision and where jails come from, made ready for many submissions."""

    judge: Judge
    jails: JailSource

    @cached_property
    def solution_values(self) -> KeptSolution:
        """The solution's values, once they are recorded."""
        return KeptSolution()

    @cached_property
    def limits(self) -> JailLimits:
        """The assignment's limits as the sandbox takes them."""
        return limit_jails(self.judge.assignment.limits)

    @cached_property
    def requests(self) -> Requests:
        """The frames of the cases."""
        return Requests(self.judge.contract.exchange)

    @cached_property
    def _requests(self) -> dict[int, Requests]:
        return {}

    def requests_of(self, exchange: ContractExchange) -> Requests:
        """Return the frames of an exchange that lasts as long as the revision, such as that of a convention."""
        return self._requests.setdefault(id(exchange), Requests(exchange))

    @cached_property
    def entry(self) -> Entry:
        """The description of the function to look for in a submission."""
        return entry(self.judge.contract.exchange)

    def start(self) -> Session:
        """Start a jail for one submission, or to confirm a counterexample from another jail."""
        return self.jails.take(self.limits, self.requests.of(self.judge.questions))

    def grading(
        self,
        source: bytes,
        filename: str,
        fresh_cases: FreshCases | None = None,
        slice_seconds: float | None = None,
    ) -> "Grading":
        """Return the grading of a file's bytes, not begun.

        `fresh_cases` are asked last, and never shown; None: those of the revision, if it has any. With a slice it
        raises SliceEnded when that is used up.
        """
        return Grading(self, source, filename, fresh_cases, _budget=Budget(slice=slice_seconds or math.inf))

    def refuse(self, error: SubmissionError, source: bytes, filename: str) -> Verdict:
        """Return the verdict on a submission that is refused before a jail has seen it."""
        return self.conclude(self.reject(error), source, filename)

    def reject(self, error: SubmissionError) -> Judgement:
        """Return the judgement of a submission that was refused before it ran."""
        return Judgement(
            Outcome.REJECTED,
            self.judge.not_run(wording.REFUSED),
            error=StudentError(error.reason, str(error), lines=tuple(SourceLine.of(*line) for line in error.lines)),
            statistics=Statistics(seed=self.judge.assignment.seed),
        )

    def conclude(  # noqa: PLR0913 - what a verdict is made of, each by its name
        self,
        judgement: Judgement,
        source: bytes,
        filename: str,
        output: str = "",
        fresh_cases: FreshCases | None = None,
        fingerprint: str = "",
    ) -> Verdict:
        """Return the verdict of a judgement on a file's bytes."""
        if self.jails.confined:
            judgement = replace(judgement, flags=(*judgement.flags, CONFINED))
        digest = hashlib.sha256(source).hexdigest()
        submission = GradedSubmission(digest[:16], filename, digest)
        engine = engine_version.version()
        return Verdict.of(submission, self.refer(fresh_cases), judgement, output, engine, fingerprint)

    def grade(self, source: bytes, filename: str, fresh_cases: FreshCases | None = None) -> Verdict:
        """Return the verdict on a file's bytes. A ServiceError is our fault and never the student's."""
        for _ in range(INTERRUPTED_TRIES - 1):
            with contextlib.suppress(JailInterrupted):
                return self.grading(source, filename, fresh_cases).verdict()
        return self.grading(source, filename, fresh_cases).verdict()

    def refer(self, fresh_cases: FreshCases | None) -> GradedAssignment:
        """Return the reference to the assignment that verdicts carry: the very cases that were asked about."""
        revision = self.judge.revision
        digest = revision.cases_sha256
        if fresh_cases is not None:
            digest = hashlib.sha256(f"{digest}\n{fresh_cases.sha256}".encode()).hexdigest()
        return GradedAssignment(revision.assignment.id, revision.id, digest, revision.own_cases)


def name_lines(judgement: Judgement, cells: Cells) -> Judgement:
    """Return a judgement whose lines are of a notebook's cells, or of a package's files, where a jail counts these."""

    def rename(lines: Sequence[SourceLine]) -> tuple[SourceLine, ...]:
        return tuple(name_line(line, cells) for line in lines)

    error, first = judgement.error, judgement.first_difference
    if error is not None:
        mistake = error.mistake
        if mistake is not None:
            mistake = replace(mistake, line=rename([mistake.line])[0])
        error = replace(error, frames=rename(error.frames), lines=rename(error.lines), mistake=mistake)
        if mistake is not None and judgement.outcome is Outcome.REJECTED:
            where = mistake.line.where
            message = f"{where[:1].upper()}{where[1:]} {mistake.text} {wording.RUN_IT}"
            error = replace(error, message=message, mistake=None)
    if first is not None and first.cell is not None and first.file is None:
        first = replace(first, cell=name_line(SourceLine(first.cell, 0), cells).cell)
    repair = tuple(replace(statement, lines=rename(statement.lines)) for statement in judgement.repair)
    reasons = tuple(replace(reason, lines=rename(reason.lines)) for reason in judgement.explained_by)
    check = judgement.notebook_check
    if check is not None:
        check = replace(check, lines=rename(check.lines))
    return replace(
        judgement, error=error, repair=repair, first_difference=first, notebook_check=check, explained_by=reasons
    )


def name_line(line: SourceLine, cells: Cells) -> SourceLine:
    """Return a line with its cell's number in the notebook and its first line, or with the path of its file."""
    number = line.cell or 0
    if 0 < number <= len(cells.names):
        return SourceLine(None, line.line, cells.names[number - 1])
    if 0 < number <= len(cells.numbers):
        beginning = find_beginning(cells.find_text(number)) or None
        return SourceLine(cells.numbers[number - 1], line.line, None, number, beginning)
    return line


def locate_functions(judgement: Judgement, writes: Sequence[Write]) -> Judgement:
    """Return a judgement whose notebook's check has the lines at which the functions that it calls are defined."""
    check = judgement.notebook_check
    if check is None or check.lines:
        return judgement
    own = (write for write in writes if write.name in check.functions)
    lines = tuple(SourceLine(write.cell or None, write.line, write.file) for write in own)
    return replace(judgement, notebook_check=replace(check, lines=lines))


def name_write(write: Write, cells: Cells) -> Write:
    """Return a write with its cell's first line, or with the path of its file."""
    line = name_line(SourceLine.of(write.cell, write.line), cells)
    return replace(write, cell=0 if line.file else write.cell, file=line.file, begins=line.begins or "")


def quote_repair(judgement: Judgement, read_line: Callable[[SourceLine], str]) -> Judgement:
    """Return a judgement whose statements to mend are quoted from the submission as it was handed in.

    Of two numbers that an author gives an equation it has the one that the comment above the statement names.
    """
    repair = tuple(
        replace(
            statement,
            source="\n".join(filter(None, (quote(read_line(line)) for line in statement.lines))),
            read=choose_equation(statement.read, statement.lines[:1], read_line),
        )
        for statement in judgement.repair
    )
    return replace(judgement, repair=repair)


def choose_equation(read: str, lines: Sequence[SourceLine], read_line: Callable[[SourceLine], str]) -> str:
    """Return what to read again by the number that a comment above a line names, if the author gives two numbers."""
    numbers = _TWO_NUMBERS.fullmatch(read)
    if numbers is None:
        return read
    before, first, after, second = numbers.groups()
    named = {*_EQUATION.findall(_read_comment(lines, read_line))} & {first, second}
    return f"{before}{named.pop()}{after}" if len(named) == 1 else read


def _read_comment(lines: Sequence[SourceLine], read_line: Callable[[SourceLine], str]) -> str:
    """Return the last lines of the comment above a line."""
    text = ""
    for line in lines:
        for number in range(line.line - 1, max(0, line.line - 1 - _MOST_COMMENTED), -1):
            above = read_line(replace(line, line=number))
            if not above.startswith("#"):
                break
            text += above
    return text


class Stopped(BackmarkError):
    """The grading was stopped from another thread before it had a verdict."""


@dataclass(slots=True)
class Grading:
    """One submission on its way to a verdict, and the jails that it needs; another thread may stop it."""

    grader: Grader
    source: bytes
    filename: str
    fresh_cases: FreshCases | None = None
    #: The notebook's code cells, once it was read.
    cells: Cells = field(default_factory=Cells)
    _sessions: list[Session] = field(default_factory=list)
    #: For all of its jails together, and for the search of its mistakes.
    _budget: Budget = field(default_factory=Budget)
    _gave_up: bool = False
    _stopped: bool = False
    #: What it had printed when all was judged, if it was asked further.
    _printed: str | None = None
    #: Those of its jails in which programs run that are made of it.
    _of_programs: list[Session] = field(default_factory=list)
    #: The places at which it writes each list of derivatives.
    _writes: tuple[Write, ...] = ()
    _own_parameters: tuple[OwnParameters, ...] = ()
    _is_table: bool = False
    #: Of the functions that are graded; empty until they were read.
    _fingerprint: str = ""

    def verdict(self) -> Verdict:
        """Grade. Raises ServiceError, which is ours, SliceEnded, and Stopped."""
        try:
            verdict = self._verdict()
        except BackmarkError as error:
            if self._stopped:
                raise Stopped from error
            raise
        # An ending that we made ourselves would read as the student's.
        if self._stopped:
            raise Stopped
        return verdict

    @property
    def repeatable(self) -> bool:
        """True if the verdict came without a limit, a clock or a signal, so that grading again returns the same."""
        return not self._gave_up and all(session.repeatable for session in self._sessions)

    @property
    def used(self) -> float:
        """The seconds that it has used: of a processor, and asleep."""
        return self._budget.used

    def stop(self) -> None:
        """End the grading soon: from any thread, at any time."""
        self._stopped = True
        for session in tuple(self._sessions):
            session.stop()

    def _verdict(self) -> Verdict:
        started = time.perf_counter()
        try:
            refuse_other_format(self.source, self.grader.entry.package)
            judgement, output = self._judge(self.grader.start())
        except SubmissionError as error:
            judgement, output = self.grader.reject(error), ""
        finally:
            self._close()
        if judgement.outcome is not Outcome.PASSED and (fault := self.grader.jails.installation.fault()):
            raise JailFailed(fault)
        seconds = round(time.perf_counter() - started, 4)
        judgement = replace(judgement, statistics=replace(judgement.statistics, seconds=seconds))
        judgement = name_lines(quote_repair(judgement, self._read_line), self.cells)
        return self.grader.conclude(judgement, self.source, self.filename, output, self.fresh_cases, self._fingerprint)

    def _judge(self, session: Session) -> tuple[Judgement, str]:
        """Extract, ask and judge; return the judgement and the printed output."""
        judge = self.grader.judge
        candidate = self._candidate(session)
        fresh_cases = self.fresh_cases or judge.revision.fresh
        judgement = judge.judge(candidate, self._fresh, self._start_asking, self._make_programs(), fresh_cases)
        judgement = replace(judgement, first_difference=locate_first(judgement.wrong_results, self._writes))
        judgement = judge_parameters(locate_functions(judgement, self._writes), self._own_parameters)
        # Of a session that was asked further, what it had printed by then.
        output = session.output if self._printed is None else self._printed
        if judgement.outcome is Outcome.REJECTED:
            # It is no attempt, so that it may tell nothing of the cases.
            return judgement, ""
        flags = [flag for flag, is_given in ((PRINTS, output), (MOSTLY_NUMBERS, self._is_table)) if is_given]
        return replace(judgement, flags=(*judgement.flags, *flags)), output

    def _candidate(self, session: Session) -> Jailed:
        session.budget = self._budget
        self._sessions.append(session)
        if self._stopped:
            # Whoever stopped it may have looked before this jail was there.
            session.stop()
        assignment = self.grader.judge.assignment
        try:
            extracted = session.extract(self.source, self.filename[-LONGEST_NAME:], self.grader.entry)
        finally:
            # A second jail may end before it has read anything.
            self.cells = session.cells if session.cells.texts or session.cells.names else self.cells
        if extracted.fingerprint in assignment.templates:
            raise SubmissionError("unfilled", UNFILLED.format(function=assignment.function))
        self._fingerprint = extracted.fingerprint
        self._is_table = 2 * extracted.literals > len(extracted.code)
        self._writes = tuple(name_write(write, self.cells) for write in extracted.writes)
        self._own_parameters = extracted.own_parameters
        return Jailed(session, self.grader.requests)

    def _fresh(self) -> Candidate:
        # One jail at a time: a machine has memory for so many, and a submission's limits are its own.
        self._close()
        self._require_time()
        try:
            return self._candidate(self.grader.start())
        except SubmissionError as error:
            # It was read a moment ago: what is left of its limits did not suffice for a second time.
            message = f"The submission could not be read a second time: {error}"
            raise TimedOut(message) from error

    def _require_time(self) -> None:
        """Raise TimedOut if the submission has used up its seconds, SliceEnded if it has used up its slice."""
        used, limit = self.used, self.grader.limits.seconds
        if used > limit:
            self._gave_up = True
            raise TimedOut("The seconds of the submission are used up.")
        if used > self._budget.slice:
            raise SliceEnded(used, limit)

    def _start_beside(self) -> Jailed:
        """Return the submission in a jail of its own for what costs nobody's verdict; raises Stopped, TimedOut."""
        self._close()
        if self._stopped:
            raise Stopped
        self._require_time()
        try:
            return self._candidate(self.grader.start())
        except SubmissionError as error:
            message = f"The submission could not be read once more: {error}"
            raise TimedOut(message) from error

    def _make_programs(self) -> Programs:
        """Return the programs that are made of it, which cost nobody's verdict."""
        return JailedPrograms(
            self.source,
            self.filename[-LONGEST_NAME:],
            self.grader.judge.assignment.solution,
            self.grader.judge.contract.exchange,
            self._open_beside,
            self._open_apart,
            self.grader.solution_values,
        )

    def _open_beside(self) -> Session:
        """Start a jail for programs; raises Stopped, or TimedOut if no time is left."""
        self._budget.begin_search()
        self._require_time()
        return self._open(self._budget)

    def _open_apart(self) -> Session:
        """Start a jail for the author's own code, whose time is not the submission's; raises Stopped."""
        return self._open(Budget())

    def _open(self, budget: Budget) -> Session:
        for session in self._sessions:
            # Of the jails in which it was judged none is left: a machine has memory for so many.
            if session not in self._of_programs:
                session.close()
        if self._stopped:
            raise Stopped
        session = self.grader.jails.take(self.grader.limits)
        session.budget = budget
        self._sessions.append(session)
        self._of_programs.append(session)
        if self._stopped:
            session.stop()
        return session

    def _start_asking(self, exchange: ContractExchange) -> Candidate | None:
        """Return the submission for questions once all is judged, in the jail that stands if one does.

        None if it lacks the functions of the notebook's own check, which they are about. What it prints from now on is
        not shown.
        """
        if exchange.apart and not {exchange.function, *exchange.others} <= {write.name for write in self._writes}:
            return None
        self._printed = self._sessions[0].output
        session = self._sessions[-1]
        standing = session if session.usable else self._start_beside().session
        return Jailed(standing, self.grader.requests_of(exchange))

    def _read_line(self, line: SourceLine) -> str:
        """Return a line as the student wrote it; empty if it is not among what was kept of the submission."""
        text = self.source.decode(errors="replace") if line.cell is None else self.cells.find_text(line.cell)
        lines = unify_newlines(text).split("\n")
        return lines[line.line - 1].strip() if 0 < line.line <= len(lines) else ""

    def _close(self) -> None:
        for session in self._sessions:
            session.close()

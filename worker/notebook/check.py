"""`check(kit, ...)`: judge a student's functions by a kit, in a fresh interpreter beside the kernel."""

import hashlib
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.kits.kit import Kit, OpenedKit, open_kit
from backmark.grader.contracts.language.stored_settings import read_settings
from backmark.grader.errors import AssignmentError, JailFailed
from backmark.grader.model.assignment import Limits
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import GradedSubmission, Verdict
from backmark.grader.reports.disclosure import disclose
from backmark.grader.settings import machine
from backmark.worker.grading import engine_version
from backmark.worker.grading.grader import Grader, limit_jails
from backmark.worker.notebook.cell_names import bound_names, find_files, find_unset, is_installed
from backmark.worker.notebook.in_process import judge_here
from backmark.worker.notebook.kernel import watch_cells
from backmark.worker.notebook.result import CheckExample, CheckResult
from backmark.worker.notebook.sources import Handed, Sourceless, WrongFunctionsError, gather
from backmark.worker.notebook.warm import WarmSessions
from backmark.worker.sandbox import policy
from backmark.worker.sandbox.policy import Launch

HERE = (
    "{reason}, so your code and the kit's ran in the kernel itself, without limits on time and memory. The verdict on"
    " the file that you hand in may differ."
)
NO_SOURCE = "The source of {names} was not found"
NO_PROCESS = "This machine could not start another Python process"
NO_SOLUTION = (
    "This kit holds no solution, so a check can say neither which lines to change nor what marks you would get."
)

#: Exceptions that are no matter of the lines asked for.
_OF_IMPORTS = frozenset(error.__name__ for error in (ImportError, ModuleNotFoundError, SyntaxError))

# From the import on: earlier executions of the cell that has it are told from later ones.
watch_cells()


def check(kit: str | Path, *functions: Any) -> CheckResult:
    """Check a student's functions by a kit: the ID of one that comes with Backmark, or a file.

    Without functions those are checked that have the names which the kit asks for, where `check` is called. In a
    notebook its executed cells are what is judged, as if they were handed in. A wrong answer raises nothing: the result
    is true if all is right. AssignmentError if there is no such kit, TypeError if none is named or it asks for other
    functions.
    """
    namespace = sys._getframe(1).f_globals  # noqa: SLF001 - the only way to the caller's names
    try:
        return _check(kit, functions, namespace)
    except (AssignmentError, WrongFunctionsError, KeyboardInterrupt) as error:
        # The student reads what is wrong, without pages of our own frames above it.
        raise error.with_traceback(None) from None


def _check(kit: str | Path, functions: Sequence[Any], namespace: Mapping[str, Any]) -> CheckResult:
    if not isinstance(kit, str | Path):
        raise WrongFunctionsError("name the kit first, as in check('udl-7.2', backward_pass)")
    name = str(kit)
    sessions = _warm()
    sessions.launch(_plan())
    # They start up while the kit is read.
    is_able = _prepare(sessions, Limits())
    return _load(name, _stamp(name)).check(functions, namespace, is_able=is_able)


@cache
def _warm() -> WarmSessions:
    return WarmSessions(_plan())


def _plan() -> Launch:
    return policy.plan_unjailed(machine.from_environment().environment, [*_list_own_folders()])


@cache
def _load(kit: str, _stamp: tuple[int, int]) -> "_Checker":
    return _Checker(open_kit(kit), _warm())


def _stamp(kit: str) -> tuple[int, int]:
    """Return size and time of a kit's file, so that another in its place is read."""
    try:
        stat = Path(kit).stat()
    except (OSError, ValueError):
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


def _prepare(sessions: WarmSessions, limits: Limits) -> bool:
    """Start sessions ahead; return False if this machine starts none."""
    try:
        sessions.prepare(limit_jails(limits))
    except JailFailed:
        return False
    return True


def _list_own_folders() -> Iterator[str]:
    """Yield the folders of the student's own modules: of Python's path all that nothing was installed into."""
    ours = str(Path(policy.__file__).parents[2])
    libraries = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")]
    for entry in sys.path:
        folder = Path(entry or ".").resolve()
        own = folder.is_dir() and str(folder) != ours and not is_installed(folder)
        # Windows has the folder of Python itself in its path.
        if own and not any(folder.is_relative_to(library) or library.is_relative_to(folder) for library in libraries):
            yield str(folder)


@dataclass(frozen=True)
class _Checker:
    """A kit made ready for many checks."""

    opened: OpenedKit
    sessions: WarmSessions

    @property
    def kit(self) -> Kit:
        """The kit without what is known of its file."""
        return self.opened.kit

    @cached_property
    def grader(self) -> Grader:
        """The grader by its cases."""
        return Grader(Judge(self.kit.contents), self.sessions)

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The settings of its assignment."""
        return read_settings(self.kit.contents.assignment_json)

    def check(self, functions: Sequence[Any], namespace: Mapping[str, Any], *, is_able: bool) -> CheckResult:
        """Return the result; the functions run here if this machine is not able to start another process."""
        exchange, assignment = self.grader.judge.contract.exchange, self.kit.contents.assignment
        gathered = gather((exchange.function, *exchange.others), functions, namespace)
        if isinstance(gathered, Handed) and is_able:
            _prepare(self.sessions, assignment.limits)
            verdict = self.grader.grade(gathered.source, gathered.name)
            notes = [*self._list_notes(gathered, verdict.outcome)]
            _prepare(self.sessions, assignment.limits)
        else:
            verdict = self._judge_here(gathered.functions)
            names = " and ".join(f"`{name}`" for name in gathered.functions)
            reason = NO_SOURCE.format(names=names) if isinstance(gathered, Sourceless) else NO_PROCESS
            notes = [HERE.format(reason=reason)]
        remark = NO_SOLUTION if _has_lines_to_change(verdict) and self.kit.lacks_lines else ""
        shown = disclose(verdict, assignment.feedback, None)
        if self.kit.lacks_lines:
            shown = _leave_out_marks(shown)
        example = self._find_example(shown)
        return CheckResult(shown, self.settings["title"], tuple(notes), remark, example, self.opened.origin)

    def _find_example(self, verdict: Verdict) -> CheckExample | None:
        if verdict.counterexample is None:
            return None
        exchange = self.grader.judge.contract.exchange
        functions, provided = (exchange.function, *exchange.others), tuple(sorted(exchange.fixed))
        return CheckExample(verdict, functions, exchange.call, provided, self.settings["dtype"])

    def _list_notes(self, handed: Handed, outcome: Outcome) -> Iterator[str]:
        """Yield what the kernel has and a submission does not."""
        functions, given = handed.functions.values(), self.grader.judge.contract.exchange.given
        if handed.cells and outcome is not Outcome.PASSED:
            yield from find_unset(functions, handed.namespace, bound_names(handed.cells), given)
        others = {*self.settings["modules"], handed.name.removesuffix(".py")}
        yield from find_files(functions, handed.namespace, [*_list_own_folders()], others)

    def _judge_here(self, functions: Mapping[str, Any]) -> Verdict:
        started = time.perf_counter()
        judgement, output = judge_here(self.grader.judge, functions)
        seconds = round(time.perf_counter() - started, 4)
        judgement = replace(judgement, statistics=replace(judgement.statistics, seconds=seconds))
        digest = hashlib.sha256(b"").hexdigest()
        submission = GradedSubmission(digest[:16], ", ".join(functions), digest)
        return Verdict.of(submission, self.grader.refer(None), judgement, output, engine_version.version())


def _leave_out_marks(verdict: Verdict) -> Verdict:
    """Return the verdict without the marks that depend on lines: those of rows, and what a wrong submission keeps."""
    rows = tuple(replace(row, score=0, max_score=0) for row in verdict.properties)
    is_wrong = verdict.outcome in {Outcome.FAILED, Outcome.ERROR}
    return replace(verdict, properties=rows, score=None if is_wrong else verdict.score)


def _has_lines_to_change(verdict: Verdict) -> bool:
    """Return True if a solution could say which lines to change: of what answered, or raised, but for its imports."""
    if verdict.outcome is Outcome.ERROR and verdict.error is not None:
        return verdict.error.type not in _OF_IMPORTS
    return verdict.outcome is Outcome.FAILED

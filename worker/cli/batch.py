"""Files graded on this machine, in one process or in several."""

# ruff: noqa: PLC0415 - cold start: the first jail starts up while the heavy libraries are imported

import contextlib
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from backmark.grader.errors import BackmarkError
from backmark.grader.support.cpus import count_cpus
from backmark.worker.cli.failure import GradingFailure
from backmark.worker.cli.files import read_submission
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox import policy
from backmark.worker.sandbox.policy import Launch

if TYPE_CHECKING:
    from backmark.grader.contracts.judging.judge import Judge
    from backmark.grader.model.verdict import Verdict
    from backmark.worker.grading.grader import Grader

#: Files for each process that grades: fewer are done before another process has started up.
FILES_PER_PROCESS = 2
#: Files that are worth one process more than there are processors.
MANY_FILES = 50

#: The limits that most assignments leave as they are.
USUAL_LIMITS = policy.JailLimits(2.0, 20.0, 1 << 30, 1 << 20)


@contextlib.contextmanager
def grade_files(
    files: Sequence[Path], names: Sequence[str], load_judge: "Callable[[], Judge]", launch: Launch, jobs: int | None
) -> Iterator[Iterator["Verdict | GradingFailure"]]:
    """Grade the files in one process or in several; the verdicts come in the files' order."""
    processes = min(jobs or _choose_jobs(len(files)), len(files) // FILES_PER_PROCESS) if launch.jailed else 1
    if processes > 1:
        from backmark.worker.cli.parallel import Parallel

        judge = load_judge()
        parallel = Parallel(files, names, processes, lambda: _make_grader(judge, Jails(launch)))
        with contextlib.closing(parallel):
            yield parallel.receive_verdicts()
        return
    with contextlib.closing(Jails(launch)) as jails:
        # The first jail starts up while NumPy is imported and the cases are loaded. The assignment's limits are not
        # known yet: nearly always they are the usual ones.
        jails.prepare(USUAL_LIMITS)
        yield _grade_in_turn(files, names, _make_grader(load_judge(), jails))


def _grade_in_turn(
    files: Sequence[Path], names: Sequence[str], grader: "Grader"
) -> Iterator["Verdict | GradingFailure"]:
    for file, name in zip(files, names, strict=True):
        try:
            yield grader.grade(read_submission(file), name)
        except (BackmarkError, OSError):
            # The machine's trouble would be that of every other file, too.
            raise
        except Exception:  # noqa: BLE001 - an edge: whatever it is, it is ours, and this file's alone
            yield GradingFailure(name, traceback.format_exc())


def _choose_jobs(files: int) -> int:
    """Return the number of processors, plus one that computes while another waits if there are files enough."""
    return count_cpus() + (files >= MANY_FILES)


def _make_grader(judge: "Judge", jails: Jails) -> "Grader":
    from backmark.worker.grading.grader import Grader

    return Grader(judge, jails)

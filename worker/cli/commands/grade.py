"""`backmark grade`: grade files on this machine."""

# ruff: noqa: PLC0415 - cold start: the first jail starts up while the heavy libraries are imported

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.errors import BackmarkError
from grader.settings import machine
from worker.cli.exit_status import ExitStatus
from worker.cli.failure import GradingFailure
from worker.cli.files import find_submissions, list_names, read_submission
from worker.cli.options import assignment_option, files_argument
from worker.cli.terminal import show, show_files
from worker.grading.pool import Jails
from worker.sandbox import policy
from worker.sandbox.policy import Launch, Way

if TYPE_CHECKING:
    from grader.judge.judge import Judge
    from grader.model.verdict import Outcome, Verdict
    from worker.grading.grader import Grader

#: Files for each process that grades: fewer are done before another process has started up.
FILES_PER_PROCESS = 2
#: Files that are worth one process more than there are processors.
MANY_FILES = 50

#: The limits that most assignments leave as they are.
USUAL_LIMITS = policy.JailLimits(2.0, 20.0, 1 << 30, 1 << 20)

#: The first bytes of a counterexample's script.
SCRIPT_START = b"# Backmark:"

UNISOLATED = (
    "UNISOLATED: --no-jail runs this code with all of your permissions. Use it for your own code only, never for"
    " somebody else's."
)


@click.command()
@files_argument
@assignment_option
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object a line, and nothing else, on standard output."
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Draw networks from this seed, not the assignment's.")
@click.option("--networks", type=click.IntRange(1, 2000), help="Draw this many networks, not the assignment's number.")
@click.option(
    "--script",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the counterexample of a single submission to this file, as a NumPy script.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="The number of processes that grade; by default one for each processor, and one more for 50 files or more.",
)
@click.option("--no-jail", is_flag=True, help="Run the code UNISOLATED: for your own code on your own machine only.")
def grade(  # noqa: PLR0913 - one parameter for each option
    files: tuple[Path, ...],
    assignment: str,
    seed: int | None,
    networks: int | None,
    script: Path | None,
    jobs: int | None,
    *,
    as_json: bool,
    no_jail: bool,
) -> ExitStatus:
    """Grade notebooks or Python files on this machine.

    A folder stands for all .ipynb and .py files in it and below.
    """
    submissions = find_submissions(files)
    if script is not None:
        _check_script(script, submissions)
    if no_jail and (len(submissions) > 1 or files[0].is_dir()):
        # A file of that name in a folder of submissions, and a glob, would otherwise take the jail away.
        message = "--no-jail takes a single submission, your own; a file of that name is ./--no-jail"
        raise click.UsageError(message)
    settings = machine.from_environment()
    if no_jail:
        click.secho(UNISOLATED, fg="red", bold=True, err=True)
        launch = policy.plan_unjailed(settings.environment)
    else:
        launch = policy.plan_jailed(settings.bwrap, Way(settings.jail))
    # Before NumPy is imported: networks are small, and each processor has a process of its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    load_judge = partial(_load_judge, assignment, seed, networks, settings.cache)
    rows = []
    # The processes are forked first: the bar has a thread.
    with _grade_all(submissions, load_judge, launch, jobs) as verdicts, _show_progress(len(submissions)) as advance:
        for verdict in verdicts:
            rows.append(_print_verdict(verdict, script, as_json=as_json))
            advance()
    if len(rows) > 1 and not as_json:
        from grader.reports.terminal import summary

        show(summary(rows))
    outcomes = {outcome for _, outcome, _, _ in rows}
    if None in outcomes:
        return ExitStatus.FAILURE
    return ExitStatus.SUCCESS if outcomes == {"passed"} else ExitStatus.NOT_PASSED


def _check_script(script: Path, submissions: Sequence[Path]) -> None:
    """Raise UsageError for several submissions, or if the script would replace a submission, as after a glob."""
    if len(submissions) > 1:
        message = f"--script takes a single submission, and you named {len(submissions)}"
        raise click.UsageError(message)
    if not script.exists():
        if script.suffix == ".ipynb":
            message = f"--script writes a Python script, and {script} would be a notebook; name another file"
            raise click.UsageError(message)
        return
    with script.open("rb") as stream:
        if stream.read(len(SCRIPT_START)) != SCRIPT_START:
            message = f"--script does not overwrite {script}, which Backmark did not write; name another file"
            raise click.UsageError(message)


@contextlib.contextmanager
def _grade_all(
    files: Sequence[Path], load_judge: "Callable[[], Judge]", launch: Launch, jobs: int | None
) -> Iterator[Iterator["Verdict | GradingFailure"]]:
    """Grade the files in one process or in several; the verdicts come in the files' order."""
    names = list_names(files)
    processes = min(jobs or _choose_jobs(len(files)), len(files) // FILES_PER_PROCESS) if launch.jailed else 1
    if processes > 1:
        from worker.cli.parallel import Parallel

        judge = load_judge()
        parallel = Parallel(files, names, processes, lambda: _make_grader(judge, Jails(launch)))
        with contextlib.closing(parallel):
            yield parallel.receive_verdicts()
        return
    with contextlib.closing(Jails(launch)) as jails:
        # The first jail starts up while NumPy is imported and the networks are loaded. The assignment's limits are not
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
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return processors + (files >= MANY_FILES)


def _load_judge(assignment: str, seed: int | None, networks: int | None, cache: Path) -> "Judge":
    from grader.judge.judge import Judge
    from worker.grading.revisions import draw_others, revision

    with show_files(assignment) as watch:
        drawn = revision(assignment, cache, watch)
    if seed is not None or networks is not None:
        drawn = draw_others(drawn, seed, networks)
    return Judge(drawn)


def _make_grader(judge: "Judge", jails: Jails) -> "Grader":
    from worker.grading.grader import Grader

    return Grader(judge, jails)


@contextlib.contextmanager
def _show_progress(files: int) -> Iterator[Callable[[], None]]:
    """Show a bar on standard error for many files, if that is a terminal and the verdicts go elsewhere."""
    if files < 2 or not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("grading", total=files)
        yield lambda: bar.advance(task)


def _print_verdict(
    verdict: "Verdict | GradingFailure", script: Path | None, *, as_json: bool
) -> "tuple[str, Outcome | None, int, int]":
    """Print a verdict and write its script; return its row in the summary, whose outcome is None for a failure."""
    if isinstance(verdict, GradingFailure):
        click.echo(verdict.describe(), err=True)
        return verdict.filename, None, 0, 0
    if script is not None:
        _write_script(script, verdict)
    if as_json:
        # JSON has no NaN: a derivative that is not finite is None in the result object.
        click.echo(json.dumps(verdict.as_dict(), allow_nan=False))
    else:
        from grader.reports.terminal import render

        show(render(verdict))
    return verdict.submission.filename, verdict.outcome, verdict.score, verdict.max_score


def _write_script(file: Path, verdict: "Verdict") -> None:
    counterexample = verdict.counterexample
    if counterexample is None:
        click.echo("backmark: there is no counterexample to write", err=True)
        return
    file.write_text(counterexample.script, encoding="utf-8")
    click.echo(f"backmark: the counterexample is in {file}", err=True)

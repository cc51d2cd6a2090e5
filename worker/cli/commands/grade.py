"""`backmark grade`: grade files on this machine."""

# ruff: noqa: PLC0415 - cold start: the first jail starts up while the heavy libraries are imported

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

from backmark.grader.settings import machine
from backmark.worker.cli.batch import grade_files
from backmark.worker.cli.container import ContainerRun, run_in_container
from backmark.worker.cli.downloads import DownloadedFile, choose_files, is_archive, open_downloads
from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.failure import GradingFailure
from backmark.worker.cli.files import begins_with, list_names
from backmark.worker.cli.options import assignment_option, files_argument, no_jail_option, warn_unisolated
from backmark.worker.cli.secrets_file import read_secret, secret_option
from backmark.worker.cli.terminal import show, show_files
from backmark.worker.sandbox import policy
from backmark.worker.sandbox.policy import Launch, Way

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from backmark.grader.contracts.judging.judge import Judge
    from backmark.grader.model.verdict import Verdict
    from backmark.grader.reports.tally import TallyRow
    from backmark.worker.cli.class_grading import GradedClass
    from backmark.worker.cli.students import OwnedFile

    #: Grades files under their names; the verdicts come in the files' order.
    Batch = Callable[
        [Sequence[DownloadedFile], Sequence[str]], AbstractContextManager[Iterator[Verdict | GradingFailure]]
    ]

#: The first bytes of a counterexample's script.
SCRIPT_START = b"# Backmark:"


@click.command()
@files_argument
@assignment_option
@click.option(
    "--course",
    metavar="ID",
    help="Grade the files by each assignment of a course whose functions they define, such as cs231n: what the IDs in"
    " `backmark assignment list` begin with.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per line on standard output, and nothing else."
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    metavar="N",
    show_default="the assignment's",
    help="Draw other cases, from this seed.",
)
@click.option(
    "--networks",
    type=click.IntRange(1, 2000),
    metavar="N",
    show_default="the assignment's",
    help="Draw this number of cases.",
)
@secret_option
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Write a table of marks to this file, with one line for each student.",
)
@click.option(
    "--html",
    "html_folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write a page about the class, index.html, and a page for each student to this folder. A student's page shows"
    " what the assignment shows students. Implies --summary, unless --json is given.",
)
@click.option(
    "--summary",
    is_flag=True,
    help="Print no verdicts, but how many students have each outcome and each mistake, and who was not graded.",
)
@click.option(
    "--student-from",
    type=click.Choice(["canvas", "moodle", "folder", "file"]),
    show_default="whichever fits most files",
    help="Where to find each file's student: in the LMS's file name, in the folder's name or in the file's own name.",
)
@click.option(
    "--script",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Write the counterexample to this file, as a NumPy script. Takes a single submission.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    show_default="one for each processor, one more for 50 files or more",
    help="The number of processes that grade.",
)
@click.option(
    "--confined",
    is_flag=True,
    help="If no jail is possible, as in a container without user namespaces, run the code in a confined process, which"
    " is weaker isolation. Needs root.",
)
@no_jail_option
@click.option(
    "--container",
    is_flag=True,
    help="Grade in a Linux container, by Docker or Podman. For machines that cannot make jails: macOS and Windows.",
)
def grade(  # noqa: PLR0913 - one parameter for each option
    files: tuple[Path, ...],
    assignment: str,
    course: str | None,
    seed: int | None,
    networks: int | None,
    secret: Path | None,
    csv_file: Path | None,
    html_folder: Path | None,
    student_from: str | None,
    script: Path | None,
    jobs: int | None,
    *,
    as_json: bool,
    summary: bool,
    confined: bool,
    no_jail: bool,
    container: bool,
) -> int:
    """Grade notebooks, Python files or packages on this machine.

    A folder or a ZIP archive stands for all .ipynb and .py files in it. If the assignment takes packages, an archive is
    one submission, and so is a folder that has the graded file at its path; other folders are searched for both.

    With --course there is a verdict for each file and assignment. If an assignment takes packages, a file must have the
    name of the graded one.

    With --csv, --html, --summary or --student-from, FILES are the submissions of a class, as you download them from
    Canvas or Moodle. Each student's newest file is graded, or an earlier one if the newest is rejected before it runs.
    `backmark course fill` then puts the marks into the table that the LMS exported.

    Exit status: 0 all passed; 1 not all passed; 2 wrong usage; 3 Backmark itself failed.
    """
    _check_alone(summary, "--summary", {"--json": as_json})
    inside = {"--script": script, "--confined": confined, "--no-jail": no_jail}
    _check_alone(container, "--container", {"several files": len(files) > 1, "--course": course, **inside})
    _check_alone(no_jail, "--no-jail", {"--confined": confined})
    _check_outputs(files, csv_file, html_folder)
    if container:
        options = {"seed": seed, "networks": networks, "jobs": jobs, "student-from": student_from}
        words = [f"--{name}={value}" for name, value in options.items() if value is not None]
        words += [word for word, given in (("--json", as_json), ("--summary", summary)) if given]
        if secret is not None:
            # A new one is made here: the container only reads it.
            read_secret(secret)
        run = ContainerRun(files[0], assignment, csv_file, html_folder, words, jobs, secret)
        return run_in_container(run, machine.from_environment().container_image)
    # The verdicts are on the pages.
    summary = summary or (html_folder is not None and not as_json)
    is_class = csv_file is not None or html_folder is not None or summary or student_from is not None
    _check_alone(
        course, "--course", {"--assignment": _is_given("assignment"), **inside, "options for a class": is_class}
    )
    printer = _Printer(script, as_json=as_json, quiet=summary)
    others = _OtherCases(seed, networks, None if secret is None else read_secret(secret))
    grading = _GradeOptions(machine.from_environment(), others, jobs, printer, confined=confined, jailed=not no_jail)
    if course is not None:
        return _status(_show_summary(_grade_course(files, course, grading), as_json=as_json))
    package = _find_package(assignment) if any(path.is_dir() or is_archive(path) for path in files) else ""
    with open_downloads(files, package, is_class=is_class) as downloads:
        submissions = choose_files(downloads)
        if script is not None:
            _check_script(script, submissions)
        if no_jail:
            _check_own(files, is_class=is_class)
        load_judge, batch = grading.by(assignment)
        if is_class:
            from backmark.worker.cli.class_report import report_class

            graded = _grade_class(downloads, batch, student_from, load_judge)
            return _status(report_class(graded, csv_file, html_folder, as_json=as_json, summary=summary))
        rows = _grade_separately(submissions, batch)
    return _status(_show_summary(rows, as_json=as_json))


@dataclass(frozen=True, slots=True)
class _OtherCases:
    """The cases that are asked about in place of an assignment's own, or beside these."""

    seed: int | None
    networks: int | None
    #: The secret that tells fresh cases.
    secret: bytes | None


@dataclass(frozen=True, slots=True)
class _GradeOptions:
    """How files are graded, whichever assignment they are of."""

    settings: machine.Settings
    others: "_OtherCases"
    jobs: int | None
    printer: "_Printer"
    confined: bool
    jailed: bool

    def by(self, assignment: str) -> "tuple[Callable[[], Judge], Batch]":
        """Return what loads an assignment's judge, and what grades by it."""
        launch = _plan_launch(self.settings, assignment, confined=self.confined, no_jail=not self.jailed)
        # Before NumPy is imported: arrays are small, and each processor has a process of its own.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        load = partial(_load_judge, assignment, self.others, self.settings.cache, jailed=self.jailed)
        load_judge = cache(load)
        batch = partial(_grade_batch, load_judge=load_judge, launch=launch, jobs=self.jobs, printer=self.printer)
        return load_judge, batch


def _check_alone(given: object, option: str, others: Mapping[str, object]) -> None:
    """Raise UsageError if an option is given together with one that excludes it."""
    excluded = [name for name, value in others.items() if given and value]
    if excluded:
        message = f"{option} and {excluded[0]} cannot be combined; choose one"
        raise click.UsageError(message)


def _is_given(option: str) -> bool:
    return click.get_current_context().get_parameter_source(option) is click.core.ParameterSource.COMMANDLINE


def _grade_course(paths: Sequence[Path], course: str, grading: _GradeOptions) -> "list[TallyRow]":
    """Grade files by each assignment of a course whose functions they define, and return the rows of the summary."""
    from backmark.worker.cli.course_files import open_course

    rows: list[TallyRow] = []
    with open_course(paths, course) as matching:
        for course_files in matching:
            assignment = course_files.assignment
            _, batch = grading.by(assignment.id)
            grading.printer.print_title(assignment.title)
            graded = _grade_separately(course_files.files, batch)
            rows += (replace(row, name=f"{assignment.id}: {row.name}") for row in graded)
    return rows


def _show_summary(rows: "Sequence[TallyRow]", *, as_json: bool) -> "Sequence[TallyRow]":
    if len(rows) > 1 and not as_json:
        from backmark.grader.reports import terminal

        show(terminal.summary(rows))
    return rows


def _check_outputs(files: "Sequence[Path]", csv_file: Path | None, html_folder: Path | None) -> None:
    """Raise UsageError if marks or pages cannot be written where they should go; make the pages' folder."""
    if csv_file is not None:
        from backmark.worker.cli.marks_table import check_target

        check_target(csv_file)
    if html_folder is not None:
        from backmark.worker.cli.html_report import prepare_report_folder

        prepare_report_folder(html_folder, files)


def _grade_separately(submissions: "Sequence[DownloadedFile]", batch: "Batch") -> "list[TallyRow]":
    """Grade each file, and return its row in the summary."""
    names = list_names([file.label for file in submissions])
    with batch(submissions, names) as verdicts:
        from backmark.grader.reports.tally import TallyRow

        return [
            TallyRow(verdict.filename, None)
            if isinstance(verdict, GradingFailure)
            else TallyRow.of(verdict.submission.filename, verdict)
            for verdict in verdicts
        ]


def _grade_class(
    downloads: "Sequence[DownloadedFile]", batch: "Batch", student_from: str | None, load_judge: "Callable[[], Judge]"
) -> "GradedClass":
    """Grade the file of each student that counts, and say how the students are known if that was guessed."""
    from backmark.worker.cli.class_grading import GradedClass, grade_class
    from backmark.worker.cli.students import DESCRIPTIONS, StudentSource, detect, group

    source = detect(downloads) if student_from is None else StudentSource(student_from)
    if student_from is None:
        click.echo(
            f"backmark: the files look like {DESCRIPTIONS[source]}; if they are not, use --student-from", err=True
        )
    names = dict(zip(downloads, list_names([file.label for file in downloads]), strict=True))

    def grade(files: "Sequence[OwnedFile]") -> "AbstractContextManager[Iterator[Verdict | GradingFailure]]":
        return batch([file.file for file in files], [names[file.file] for file in files])

    students = tuple(grade_class(group(downloads, source), grade))
    assignment = load_judge().assignment
    return GradedClass(source, students, assignment.feedback, assignment.title)


def _status(rows: "Sequence[TallyRow]") -> ExitStatus:
    outcomes = {row.outcome for row in rows}
    if None in outcomes:
        return ExitStatus.FAILURE
    return ExitStatus.SUCCESS if outcomes == {"passed"} else ExitStatus.NOT_PASSED


def _plan_launch(settings: machine.Settings, assignment: str, *, confined: bool, no_jail: bool) -> Launch:
    """Return how code is started: in a jail, or loudly without one, or in what is asked for instead."""
    if no_jail:
        warn_unisolated()
        return policy.plan_unjailed(settings.environment)
    if confined:
        from backmark.worker.sandbox.fallback import find_isolation

        isolation = find_isolation(settings.bwrap, Way(settings.jail), (Path(assignment), settings.cache))
        if isolation.sentence:
            click.secho(isolation.sentence, fg="yellow", err=True)
        return isolation.launch
    return policy.plan_jailed(settings.bwrap, Way(settings.jail))


def _check_own(files: tuple[Path, ...], *, is_class: bool) -> None:
    """Raise UsageError for what cannot be one's own trial: several files or folders, or a class."""
    # A file of that name in a folder of submissions, and a glob, would otherwise take the jail away.
    if len(files) > 1 or is_archive(files[0]) or (is_class and files[0].is_dir()):
        message = "--no-jail takes a single file or folder of your own; if a file has that name, write ./--no-jail"
        raise click.UsageError(message)


def _check_script(script: Path, submissions: "Sequence[DownloadedFile]") -> None:
    """Raise UsageError for several submissions, or if the script would replace a submission, as after a glob."""
    if len(submissions) > 1:
        message = f"--script takes a single submission, but you named {len(submissions)}"
        raise click.UsageError(message)
    if not script.exists():
        if script.suffix == ".ipynb":
            message = f"--script writes a Python script, but {script} is named like a notebook; name another file"
            raise click.UsageError(message)
        return
    if not begins_with(script, SCRIPT_START):
        message = f"--script does not overwrite {script}, which Backmark did not write; name another file"
        raise click.UsageError(message)


def _find_package(assignment: str) -> str:
    """Return the path of the graded file in a package; empty if the assignment takes none."""
    from backmark.worker.grading.revisions import read_assignment

    return read_assignment(assignment).package


def _load_judge(assignment: str, others: _OtherCases, cache_folder: Path, *, jailed: bool) -> "Judge":
    from backmark.grader.contracts.judging.judge import Judge
    from backmark.worker.grading.revisions import add_fresh, draw_others, revision

    with show_files(assignment) as watch:
        drawn = revision(assignment, cache_folder, watch, jailed=jailed)
        if others.seed is not None or others.networks is not None:
            drawn = draw_others(drawn, others.seed, others.networks, jailed=jailed)
        if others.secret is not None:
            drawn = add_fresh(drawn, others.secret, cache_folder, watch, jailed=jailed)
    return Judge(drawn)


@contextlib.contextmanager
def _grade_batch(  # noqa: PLR0913 - what is graded, by what, and where verdicts go
    files: "Sequence[DownloadedFile]",
    names: Sequence[str],
    *,
    load_judge: "Callable[[], Judge]",
    launch: Launch,
    jobs: int | None,
    printer: "_Printer",
) -> "Iterator[Iterator[Verdict | GradingFailure]]":
    """Grade files, and print each verdict as it comes, in the files' order."""
    paths = [file.path for file in files]
    # The processes are forked first: the bar has a thread.
    with (
        grade_files(paths, names, load_judge, launch, jobs) as verdicts,
        _show_progress(len(files), quiet=printer.quiet) as advance,
    ):
        yield printer.print_all(verdicts, advance)


@contextlib.contextmanager
def _show_progress(files: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Show a bar on standard error for many files, if that is a terminal and no verdicts go to it."""
    if files < 2 or not sys.stderr.isatty() or (sys.stdout.isatty() and not quiet):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("grading", total=files)
        yield lambda: bar.advance(task)


@dataclass(frozen=True, slots=True)
class _Printer:
    """The way in which verdicts are printed."""

    script: Path | None
    as_json: bool
    #: True if only a summary is printed.
    quiet: bool

    def print_title(self, title: str) -> None:
        """Print the title of the assignment that the verdicts to come are by."""
        if not self.as_json:
            click.secho(title, bold=True)

    def print_all(
        self, verdicts: "Iterator[Verdict | GradingFailure]", advance: Callable[[], None]
    ) -> "Iterator[Verdict | GradingFailure]":
        """Print each verdict as it comes, and yield it."""
        if not (self.as_json or self.quiet):
            # What prints is imported while the first jail answers.
            Thread(target=import_module, args=("backmark.grader.reports.terminal",), daemon=True).start()
        for verdict in verdicts:
            if isinstance(verdict, GradingFailure):
                click.echo(verdict.describe(), err=True)
            else:
                self._print(verdict)
            advance()
            yield verdict

    def _print(self, verdict: "Verdict") -> None:
        """Print a verdict, and write its script."""
        if self.script is not None:
            _write_script(self.script, verdict)
        if self.as_json:
            # JSON has no NaN: a derivative that is not finite is None in the result object.
            click.echo(json.dumps(verdict.as_dict(), allow_nan=False))
        elif not self.quiet:
            from backmark.grader.reports.terminal import render

            show(render(verdict))


def _write_script(file: Path, verdict: "Verdict") -> None:
    counterexample = verdict.counterexample
    if counterexample is None or not counterexample.script:
        click.echo("backmark: no counterexample was written, because the verdict has none", err=True)
        return
    file.write_text(counterexample.script, encoding="utf-8")
    click.echo(f"backmark: the counterexample is in {file}", err=True)

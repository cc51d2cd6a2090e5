"""`python -m bench.real_homework FOLDER --register FILE`: past submissions, graded, beside what is known of them.

A course can run it on its past classes before it uses an assignment, and after each change of one. The register is a
JSON list of objects, one for each grading:

  assignment      an assignment's id, or the path of its folder or file, as `backmark grade --assignment` takes it
  file            the path of the submission in FOLDER: a notebook, a Python file, or a package's folder
  label           what the submission is, see below
  teacher_of_10   optional: the marks of 10 that a teacher gives
  wrong_lines     optional: what is wrong in which lines, in words, which are printed beside the verdict's
  missing         optional: why there is no such file; the row is left out

Other keys are passed over. The labels, and what is expected of the verdict:

  right             it passes
  wrong             it does not pass
  unfinished        it does not pass, and uses no attempt: nothing, or only a part, of the template is filled in
  environment       it is refused as `python_2`, or passes: only what is not graded is for Python 2
  edition           nothing: right by the conventions of another year
  other-interface   nothing: it has other functions or parameters than the assignment asks for
  shape-only        nothing: its numbers are right, and an array has another shape

Exit status: 1 if a wrong or unfinished file passes, if Backmark itself fails, or if more right files do not pass than
`--at-most` allows.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import State, is_attempt
from backmark.grader.model.verdict import Mark, Verdict
from backmark.grader.reports import wording
from backmark.grader.reports.changes import list_changes
from backmark.grader.reports.exceptions import describe_exception
from backmark.grader.settings import machine
from backmark.worker.cli.batch import grade_files
from backmark.worker.cli.failure import GradingFailure
from backmark.worker.grading.revisions import revision
from backmark.worker.sandbox.policy import Way, plan_jailed
from bench.table import format_number, render_markdown

#: Marks of 10 by which a verdict may differ from a teacher.
ALLOWED = 1.0
#: The outcome of a file on which Backmark itself raised.
NO_VERDICT = "no verdict"
HEADINGS = ("", "right: passed", "wrong: not passed", "unfinished: no attempt", "environment: named", "processor, s")


class Label(StrEnum):
    """What a submission is, by the register."""

    RIGHT = "right"
    WRONG = "wrong"
    UNFINISHED = "unfinished"
    ENVIRONMENT = "environment"
    EDITION = "edition"
    OTHER_INTERFACE = "other-interface"
    SHAPE_ONLY = "shape-only"


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A submission, and what is known of it."""

    assignment: str
    file: str
    label: Label
    teacher_of_10: float | None = None
    wrong_lines: str = ""

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "RegisterRow":
        """Read a row from JSON; raises KeyError or ValueError."""
        label, marks = Label(row["label"]), row.get("teacher_of_10")
        return cls(row["assignment"], row["file"], label, marks, row.get("wrong_lines", ""))


@dataclass(frozen=True, slots=True)
class Grading:
    """A row of the register, and what its verdict says."""

    row: RegisterRow
    outcome: str
    #: The reason of a refusal, or the type of an exception.
    error: str
    #: The first line of what it says.
    text: str
    #: Marks of 10; None without marks.
    marks: float | None
    #: The lines to change.
    changes: tuple[str, ...] = ()
    #: True if it is refused as written for Python 2, or for an older NumPy.
    is_old: bool = False

    @classmethod
    def of(cls, row: RegisterRow, verdict: Verdict | GradingFailure) -> "Grading":
        """Return what a verdict says."""
        if isinstance(verdict, GradingFailure):
            print(verdict.describe(), file=sys.stderr)
            return cls(row, NO_VERDICT, "", verdict.traceback.strip().rpartition("\n")[2], None)
        has_marks = verdict.outcome is not Outcome.REJECTED and verdict.score is not None and verdict.max_score
        return cls(
            row,
            verdict.outcome,
            verdict.error.type if verdict.error else "",
            _find_first_line(verdict),
            10 * (verdict.score or 0) / verdict.max_score if has_marks else None,
            tuple(change.heading for change in list_changes(verdict)),
            verdict.error is not None and verdict.error.type == "python_2",
        )

    @classmethod
    def read(cls, grading: Mapping[str, Any]) -> "Grading":
        """Read a grading from the results of a run."""
        return cls(**{**grading, "row": RegisterRow.read(grading["row"]), "changes": tuple(grading["changes"])})

    @property
    def passed(self) -> bool:
        """True if the submission is accepted."""
        return self.outcome == Outcome.PASSED

    @property
    def uses_attempt(self) -> bool:
        """True if a service would count it as an attempt."""
        return self.outcome != NO_VERDICT and is_attempt(State.DONE, self.outcome)

    @property
    def is_off(self) -> bool:
        """True if its marks differ too much from a teacher's, or there are none."""
        given = self.row.teacher_of_10
        return given is not None and (self.marks is None or abs(self.marks - given) > ALLOWED)

    @property
    def summary(self) -> str:
        """The outcome with its reason and its marks: what is compared from run to run."""
        reason = f" ({self.error})" if self.error else ""
        return f"{self.outcome}{reason}" + ("" if self.marks is None else f", {self.marks:.1f} of 10")

    @property
    def name(self) -> str:
        """The assignment and the file."""
        return f"{self.row.assignment}, {self.row.file}"


def _find_first_line(verdict: Verdict) -> str:
    """Return the first line of what a verdict says beyond its outcome, or its headline."""
    error = verdict.error
    raised = () if error is None else (describe_exception(error), error.message)
    titles = (diagnosis.title for diagnosis in verdict.diagnosis)
    changes = (change.heading for change in list_changes(verdict))
    failed = (row.message for row in verdict.properties if row.outcome is Mark.FAILED)
    texts: tuple[str, ...] = (*raised, *titles, *changes, *failed, wording.headline(verdict))
    return next(filter(None, texts)).partition("\n")[0]


def grade(rows: Sequence[RegisterRow], folder: Path, jobs: int | None) -> tuple[list[Grading], float]:
    """Grade the files of one assignment as `backmark grade` does; return also the seconds of a processor."""
    settings = machine.from_environment()
    launch = plan_jailed(settings.bwrap, Way(settings.jail))
    # Cases that must be drawn are none of the submissions' time.
    judge = Judge(revision(rows[0].assignment, settings.cache))
    start = sum(os.times()[:4])
    files = [folder / row.file for row in rows]
    with grade_files(files, [row.file for row in rows], lambda: judge, launch, jobs) as verdicts:
        gradings = [Grading.of(row, verdict) for row, verdict in zip(rows, verdicts, strict=True)]
    return gradings, sum(os.times()[:4]) - start


@dataclass(frozen=True, slots=True)
class Results:
    """The gradings of a run, and the seconds of a processor by assignment."""

    gradings: Sequence[Grading]
    seconds: Mapping[str, float]

    @classmethod
    def load(cls, file: Path | None) -> "Results":
        """Read the results of a run; there are none before the first one."""
        if file is None or not file.exists():
            return cls([], {})
        stored = json.loads(file.read_text(encoding="utf-8"))
        return cls([Grading.read(grading) for grading in stored["gradings"]], stored["seconds"])

    def save(self, file: Path) -> None:
        """Write the results."""
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    def merge(self, last: "Results") -> "Results":
        """Return these results, and the last ones of assignments that were not graded this time."""
        kept = (grading for grading in last.gradings if grading.row.assignment not in self.seconds)
        return Results([*kept, *self.gradings], {**last.seconds, **self.seconds})

    def of(self, *labels: Label) -> list[Grading]:
        """Return the gradings of rows with one of these labels."""
        return [grading for grading in self.gradings if grading.row.label in labels]

    def has_faults(self, at_most: float) -> bool:
        """Return True if a wrong file passes, one has no verdict, or more percent of the right ones do not pass."""
        right = self.of(Label.RIGHT)
        rejected = sum(not grading.passed for grading in right)
        accepted = any(grading.passed for grading in self.of(Label.WRONG, Label.UNFINISHED))
        failed = any(grading.outcome == NO_VERDICT for grading in self.gradings)
        return accepted or failed or 100 * rejected > at_most * len(right)


def list_findings(results: Results, last: Results) -> Iterator[tuple[str, list[str]]]:
    """Yield each kind of finding: its title, and a line for each file."""

    def describe(gradings: Sequence[Grading], is_found: Callable[[Grading], bool]) -> list[str]:
        return [f"{file.name}: {file.summary}: {file.text}" for file in gradings if is_found(file)]

    every = results.gradings
    yield "Right files that do not pass", describe(results.of(Label.RIGHT), lambda file: not file.passed)
    yield "Wrong files that pass", describe(results.of(Label.WRONG, Label.UNFINISHED), lambda file: file.passed)
    yield "Unfinished files that use an attempt", describe(results.of(Label.UNFINISHED), lambda file: file.uses_attempt)
    yield (
        "Files for another environment that neither pass nor are refused as such",
        describe(results.of(Label.ENVIRONMENT), lambda file: not (file.is_old or file.passed)),
    )
    yield "Files without a verdict, by a fault of Backmark", describe(every, lambda file: file.outcome == NO_VERDICT)
    off = [file for file in every if file.is_off]
    yield (
        f"Marks more than {ALLOWED:g} of 10 off a teacher's",
        [f"{file.name}: {file.row.teacher_of_10:g} by the teacher; {file.summary}" for file in off],
    )
    described = [file for file in every if file.row.wrong_lines]
    yield (
        "Wrong lines, by the register and by the verdict",
        [
            f"{file.name}: {file.row.wrong_lines}. Verdict: {' / '.join(file.changes or [file.text])}"
            for file in described
        ],
    )
    before = {file.name: file.summary for file in last.gradings}
    changed = [file for file in every if before.get(file.name, file.summary) != file.summary]
    yield (
        "Changed since the last run",
        [f"{file.name}: {file.summary}; it was {before[file.name]}" for file in changed],
    )


def render_totals(results: Results) -> str:
    """Return a table of assignments: how many files of each label are judged as they should be, and seconds."""

    def row(name: str, gradings: Sequence[Grading], seconds: float) -> tuple[str, ...]:
        def count(label: Label, is_good: Callable[[Grading], bool]) -> str:
            verdicts = [is_good(grading) for grading in gradings if grading.row.label is label]
            return f"{sum(verdicts)} of {len(verdicts)}" if verdicts else ""

        return (
            name,
            count(Label.RIGHT, lambda file: file.passed),
            count(Label.WRONG, lambda file: not file.passed),
            count(Label.UNFINISHED, lambda file: not file.uses_attempt),
            count(Label.ENVIRONMENT, lambda file: file.is_old),
            format_number(seconds),
        )

    own = {name: [file for file in results.gradings if file.row.assignment == name] for name in results.seconds}
    rows = [row(name, own[name], results.seconds[name]) for name in sorted(own)]
    total = row("all", results.gradings, sum(results.seconds.values()))
    return render_markdown(HEADINGS, [*rows, total])


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade the files of a register, print what is found, keep the results; return the exit status."""
    options = _read_options(arguments)
    rows: dict[str, list[RegisterRow]] = {}
    for row in json.loads(options.register.read_text(encoding="utf-8")):
        if "missing" not in row and row["assignment"] in (options.only or [row["assignment"]]):
            rows.setdefault(row["assignment"], []).append(RegisterRow.read(row))
    absent = [row.file for own in rows.values() for row in own if not (options.folder / row.file).exists()]
    if absent:
        sys.exit(f"{options.folder} has no {', '.join(absent)}")
    gradings: list[Grading] = []
    seconds: dict[str, float] = {}
    for assignment, own in rows.items():
        print(f"bench: {assignment}, {len(own)} files", file=sys.stderr)
        graded, seconds[assignment] = grade(own, options.folder, options.jobs)
        gradings += graded
    results, last = Results(gradings, seconds), Results.load(options.last)
    for title, lines in list_findings(results, last):
        print("\n".join([f"{title}: {len(lines) or 'none'}", *(f"- {line}" for line in lines)]), end="\n\n")
    print(render_totals(results))
    if options.last is not None:
        results.merge(last).save(options.last)
    return int(results.has_faults(options.at_most))


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench.real_homework", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("folder", type=Path, help="the folder of the submissions")
    add("--register", type=Path, required=True, metavar="FILE", help="see above")
    add("--only", nargs="+", metavar="ASSIGNMENT", help="grade the files of these; by default of all")
    add("--last", type=Path, metavar="FILE", help="results of the last run, to compare with; this run's replace them")
    add("--jobs", type=int, metavar="N", help="processes that grade; by default as many as `backmark grade` has")
    add(
        "--at-most", type=float, default=0.0, metavar="PERCENT", help="share of right files that may fail; by default 0"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

"""A verdict as annotations of GitHub's: workflow commands that mark the lines to change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.changes import list_changes
from backmark.grader.reports.exceptions import describe_exception
from backmark.grader.reports.notebook_lines import find_lines
from backmark.grader.reports.wording import clean, headline

#: What a command's data, and besides that a property of it, must not hold as it is.
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}
#: Annotations that GitHub shows of one step.
_MOST = 10


def render(submission: SubmissionRecord, verdict: Verdict, source: bytes = b"") -> str:
    """Return the commands, one a line. `submission.filename` is the file's path in the repository.

    A message names a notebook's line by its cell; in the file, which `source` has, it is another line.
    """
    file = _AnnotatedFile(submission.filename, find_lines(source))
    return "".join(f"{command}\n" for command in list(_commands(file, verdict))[:_MOST])


def warn(title: str, message: str) -> str:
    """Return the command for a warning about the job itself."""
    return f"::warning title={_escape(title, _PROPERTY)}::{_escape(message, _DATA)}"


@dataclass(frozen=True, slots=True)
class _AnnotatedFile:
    """The file that is graded, and the places of a notebook's lines in it."""

    path: str
    lines: Mapping[tuple[int, int], int]

    def mark(self, level: str, place: SourceLine | None, title: str, message: str) -> str:
        """Return the command that marks a place; the file as a whole for None, and where the line is not known."""
        path, line = self.path, None
        if place is not None and place.file is None:
            line = place.line if place.cell is None else self.lines.get((place.cell, place.line))
        elif place is not None and not path.endswith(".zip"):
            # A file of a package that is a folder.
            path, line = str(PurePosixPath(path) / str(place.file)), place.line
        properties = {"file": path} if line is None else {"file": path, "line": str(line)}
        properties["title"] = title
        written = ",".join(f"{name}={_escape(text, _PROPERTY)}" for name, text in properties.items())
        return f"::{level} {written}::{_escape(message, _DATA)}"


def _commands(file: _AnnotatedFile, verdict: Verdict) -> Iterator[str]:
    if verdict.outcome is Outcome.PASSED:
        yield file.mark("notice", None, headline(verdict), "Every row passed.")
        return
    marked = False
    for statement, change in zip(verdict.repair, list_changes(verdict), strict=True):
        if statement.lines:
            message = "\n".join((change.fault, *change.advice))
            yield file.mark("error", statement.lines[0], change.title or headline(verdict), message)
            marked = True
    if not marked:
        yield from _whole(file, verdict)


def _whole(file: _AnnotatedFile, verdict: Verdict) -> Iterator[str]:
    """Yield one annotation for the line that raised or is refused, or for the file."""
    error = verdict.error
    if error is None:
        messages = [row.message for row in verdict.properties if row.message and row.score < row.max_score]
        reason = messages[0] if messages else "The job's summary shows the whole verdict."
        yield file.mark("error", None, headline(verdict), reason)
        return
    places = error.frames[-1:] or error.lines[:1]
    message = describe_exception(error) or f"{error.type}: {error.message}"
    yield file.mark("error", places[0] if places else None, headline(verdict), message)


def _escape(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(char, char) for char in clean(text))

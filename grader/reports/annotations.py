"""A verdict as annotations of GitHub's: workflow commands that mark the lines to change."""

from collections.abc import Iterator

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import Outcome, Verdict
from backmark.grader.reports.changes import list_changes
from backmark.grader.reports.exceptions import describe_exception
from backmark.grader.reports.wording import clean, headline

#: What a command's data, and besides that a property of it, must not hold as it is.
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}
#: Annotations that GitHub shows of one step.
_MOST = 10


def render(submission: SubmissionRecord, verdict: Verdict) -> str:
    """Return the commands, one a line. `submission.filename` is the file's path in the repository.

    A notebook's lines are lines of cells, which a message names: no line of its file is marked.
    """
    return "".join(f"{command}\n" for command in list(_commands(submission.filename, verdict))[:_MOST])


def warn(title: str, message: str) -> str:
    """Return the command for a warning about the job itself."""
    return f"::warning title={_escape(title, _PROPERTY)}::{_escape(message, _DATA)}"


def _commands(path: str, verdict: Verdict) -> Iterator[str]:
    if verdict.outcome is Outcome.PASSED:
        yield _command("notice", path, None, headline(verdict), "Every row holds.")
        return
    marked = False
    for statement, change in zip(verdict.repair, list_changes(verdict), strict=True):
        if statement.lines:
            message = "\n".join((change.fault, *change.advice))
            yield _command("error", path, statement.lines[0], change.title or headline(verdict), message)
            marked = True
    if not marked:
        yield from _whole(path, verdict)


def _whole(path: str, verdict: Verdict) -> Iterator[str]:
    """Yield one annotation for the line that raised or is refused, or for the file."""
    error = verdict.error
    if error is None:
        messages = [row.message for row in verdict.properties if row.message and row.score < row.max_score]
        yield _command(
            "error", path, None, headline(verdict), messages[0] if messages else "The job's summary has more."
        )
        return
    places = error.frames[-1:] or error.lines[:1]
    message = describe_exception(error) or f"{error.type}: {error.message}"
    yield _command("error", path, places[0] if places else None, headline(verdict), message)


def _command(level: str, path: str, place: SourceLine | None, title: str, message: str) -> str:
    properties = {"file": place.file if place is not None and place.file else path}
    if place is not None and place.cell is None:
        properties["line"] = str(place.line)
    written = ",".join(f"{name}={_escape(text, _PROPERTY)}" for name, text in {**properties, "title": title}.items())
    return f"::{level} {written}::{_escape(message, _DATA)}"


def _escape(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(char, char) for char in clean(text))

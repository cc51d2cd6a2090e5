"""The LMS's gradebook: what became of each mark on its way there, all marks again, and the roster."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from flask import Response, redirect
from werkzeug.wrappers import Response as BaseResponse

from backmark.grader.model.scores import Score, ScoreState
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.lms_names import lms_family
from backmark.grader.web.pages.sentences import NOT_SENT
from backmark.grader.web.pages.visitor import instructor, staff
from backmark.grader.web.service import service
from backmark.grader.web.usecases.assignments import current
from backmark.grader.web.usecases.courses import platform_names
from backmark.grader.web.usecases.scores import count_states, read_columns, read_scores, send_again, try_columns

pages = Pages("staff_scores", __name__)

_AT = "/courses/<course>/assignments/<assignment>/scores"


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A mark that did not arrive, as the page shows it."""

    score: Score
    sentence: str


@pages.get(_AT)
def read_scores_page(course: str, assignment: str) -> Response:
    """Show how many marks arrived, and list those that did not."""
    staff(course)
    revision = current(course, assignment)
    store, scores = service().store, read_scores(course, assignment)
    columns = read_columns(course, assignment)
    parked = {column.line_item for column in columns if column.parked is not None}
    waiting = Counter(score.line_item for score in scores if score.state is ScoreState.WAITING)
    return page(
        "staff/scores.html",
        course=course,
        section="course",
        current=revision,
        lms=" ".join(platform_names(course)) or "The LMS",
        family=lms_family(course).capitalize() or "the LMS",
        columns=columns,
        waiting=waiting,
        counts=count_states(scores),
        rows=[row for score in scores if (row := _row(score, parked)) is not None],
        roster=store.rosters.reading(course),
    )


@pages.post(f"{_AT}/send")
def send_all_again(course: str, assignment: str) -> BaseResponse:
    """Send all marks again."""
    instructor(course)
    current(course, assignment)
    send_again(course, assignment)
    return _back(course, assignment)


@pages.post(f"{_AT}/try")
def try_columns_now(course: str, assignment: str) -> BaseResponse:
    """Try the columns that are parked."""
    instructor(course)
    current(course, assignment)
    try_columns(course, assignment)
    return _back(course, assignment)


@pages.post(f"{_AT}/roster")
def read_roster_again(course: str, assignment: str) -> BaseResponse:
    """Read the LMS's roster now."""
    author = instructor(course).author
    current(course, assignment)
    service().store.rosters.request(course, author)
    return _back(course, assignment)


def _row(score: Score, parked: Collection[str]) -> ScoreRow | None:
    """Return the row of a score that somebody should know of: it failed, still fails, or has no mark any more.

    A parked column is named once, and not by each mark that waits for it.
    """
    if score.state is ScoreState.WAITING and score.line_item in parked:
        return None
    sentence = NOT_SENT.get(score.reason) if score.reason is not None else None
    return None if sentence is None or score.state is ScoreState.SENT else ScoreRow(score, sentence)


def _back(course: str, assignment: str) -> BaseResponse:
    return redirect(f"/courses/{course}/assignments/{assignment}/scores", 303)

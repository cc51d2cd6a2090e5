"""Marks on their way to the LMS's gradebook."""

from collections import Counter

from backmark.grader.model.scores import GradebookColumn, Score, ScoreState
from backmark.grader.web.service import note_act, service


def read_scores(course: str, assignment: str) -> list[Score]:
    """Return the scores of an assignment, of all its columns."""
    store = service().store
    return [score for item in store.line_items.of(course, assignment) for score in store.scores.of(item.id)]


def read_columns(course: str, assignment: str) -> list[GradebookColumn]:
    """Return the columns of the gradebook that get an assignment's marks."""
    store = service().store
    items = store.line_items.of(course, assignment)
    return [GradebookColumn.of(item, store.scores.column_failure(item.id)) for item in items]


def count_states(scores: list[Score]) -> dict[ScoreState, int]:
    """Return the number of scores in each state."""
    counted = Counter(score.state for score in scores)
    return {state: counted[state] for state in ScoreState}


def try_columns(course: str, assignment: str) -> int:
    """Have the columns tried now that failed before, and note who asked for it; return their number."""
    columns = service().store.scores.try_columns(course, assignment)
    note_act(course, "scores.try", assignment)
    return columns


def send_again(course: str, assignment: str) -> int:
    """Have all marks sent again, and note who asked for it; return their number."""
    marks = service().store.scores.send_again(course, assignment)
    note_act(course, "scores.send", assignment)
    return marks

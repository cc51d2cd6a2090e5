"""The order of a course's assignments, and which of them its lists leave out."""

from functools import reduce

import pytest

from backmark.grader.courses.arranging import Move, arrange, move
from backmark.grader.model.course import Course
from backmark.grader.model.publications import RevisionRecord

NAMES = ("a", "b", "c", "d")


def list_names(course: Course) -> tuple[str, str]:
    """The ids that lists show, and those that they leave out."""
    revisions = [RevisionRecord("r", "course", "{}", name, name, "", 0.0) for name in reversed(NAMES)]
    shown, hidden = arrange(course, revisions)
    return "".join(revision.assignment_id for revision in shown), "".join(revision.assignment_id for revision in hidden)


@pytest.mark.parametrize(
    ("moves", "shown", "hidden"),
    [
        ([], "abcd", ""),
        ([("c", "up")], "acbd", ""),
        ([("c", "up"), ("c", "up"), ("c", "up")], "cabd", ""),
        ([("a", "down")], "bacd", ""),
        ([("d", "down")], "abcd", ""),
        ([("b", "hide")], "acd", "b"),
        ([("b", "hide"), ("b", "hide")], "acd", "b"),
        ([("b", "hide"), ("c", "up")], "cad", "b"),
        ([("b", "hide"), ("b", "show")], "abcd", ""),
        ([("a", "show")], "abcd", ""),
    ],
)
def test_assignments_are_moved_hidden_and_shown(moves: list[tuple[str, str]], shown: str, hidden: str) -> None:
    course = reduce(lambda before, step: move(before, NAMES, step[0], Move(step[1])), moves, Course("course"))
    assert list_names(course) == (shown, hidden)


def test_an_assignment_that_was_published_later_follows_by_id() -> None:
    assert list_names(Course("course", assignment_order=("c", "gone", "a"))) == ("cabd", "")

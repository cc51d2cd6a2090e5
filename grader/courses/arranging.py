"""The order of a course's assignments, and which of them its lists leave out."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from backmark.grader.model.course import Course
from backmark.grader.model.publications import RevisionRecord


class Move(StrEnum):
    """A change of an assignment's place in lists."""

    UP = "up"
    DOWN = "down"
    HIDE = "hide"
    SHOW = "show"


def arrange(course: Course, revisions: Iterable[RevisionRecord]) -> tuple[list[RevisionRecord], list[RevisionRecord]]:
    """Return the assignments that lists show, in the course's order, and those that they leave out."""
    by_name = {revision.assignment_id: revision for revision in revisions}
    names = _order(course, by_name)
    shown = [by_name[name] for name in names if name not in course.hidden_assignments]
    return shown, [by_name[name] for name in names if name in course.hidden_assignments]


def move(course: Course, names: Iterable[str], name: str, way: Move) -> Course:
    """Return the course with one of its assignments elsewhere in its lists; `names` are the ids of all."""
    hidden = tuple(other for other in course.hidden_assignments if other != name)
    if way in {Move.HIDE, Move.SHOW}:
        return replace(course, hidden_assignments=(*hidden, name) if way is Move.HIDE else hidden)
    # Hidden ones keep out of the way, so that each move is one that can be seen.
    order = sorted(_order(course, names), key=lambda other: other in hidden)
    place = order.index(name)
    order.insert(max(0, place - 1) if way is Move.UP else place + 1, order.pop(place))
    return replace(course, assignment_order=tuple(order))


def _order(course: Course, names: Iterable[str]) -> list[str]:
    places = {name: place for place, name in enumerate(course.assignment_order)}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))

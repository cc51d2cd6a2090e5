"""The log of a course, everything in it as a file, and its deletion."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter
from types import MappingProxyType
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.model.audit import AuditEntry
from backmark.grader.reports.marks_table import percent
from backmark.grader.web.http.problems import FORBIDDEN, Problem
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.log_places import LogPlaces
from backmark.grader.web.pages.sentences import ACTS, FORGOTTEN_STUDENT, NOT_CONFIRMED
from backmark.grader.web.pages.visitor import instructor, staff
from backmark.grader.web.pages.words import duration, figure, moment
from backmark.grader.web.service import service
from backmark.grader.web.usecases import courses
from backmark.grader.web.usecases.course_export import send_course

pages = Pages("staff_logs", __name__)

_PAGE = 50
_MOMENTS = frozenset({"opens", "due", "closes", "start", "end", "until", "hands_in", "reads", "archived"})
_PERCENTS = frozenset({"late", "floor", "default_late", "default_floor"})
_SHARES = frozenset({"share", "computed"})

#: Takes a sentence apart.
_FORMATTER = Formatter()
#: No page to lead to.
_NO_PLACES = LogPlaces("", frozenset(), frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class DescribedAct:
    """An act of staff in words."""

    entry: AuditEntry
    #: The texts of which the act consists, each with the path of the page that it leads to, or an empty one.
    parts: tuple[tuple[str, str], ...]
    #: The values that were set, each with its name.
    details: tuple[tuple[str, str], ...]

    @property
    def act(self) -> str:
        """The act in a sentence without its author."""
        return "".join(text for text, _ in self.parts).strip()


@pages.get("/courses/<course>/log")
def read_log(course: str) -> Response:
    """Show the acts of staff, newest first."""
    caller = staff(course)
    store = service().store
    entries = store.courses.audit(course, _PAGE, request.args.get("cursor") or None)
    names = store.courses.roster_names(course, (entry.student for entry in entries.items))
    places = LogPlaces.find(course, entries.items)
    return page(
        "staff/log.html",
        course=course,
        section="log",
        acts=[describe(entry, names, places) for entry in entries.items],
        next=entries.next_cursor,
        first=not request.args.get("cursor"),
        admin=caller.admin,
    )


@pages.get("/courses/<course>/export")
def export_course(course: str) -> Response:
    """Send the whole course as a zip file."""
    instructor(course)
    return send_course(course)


@pages.get("/courses/<course>/delete")
def confirm_deletion(course: str) -> Response:
    """Ask for the course's name."""
    _require_admin(course)
    return page("staff/course_delete.html", course=course, section="log", fault="")


@pages.post("/courses/<course>/delete")
def delete_course(course: str) -> Response | Redirection:
    """Delete the course, if its name is repeated."""
    _require_admin(course)
    confirmed = request.form.get("confirm", "").strip()
    if confirmed != course:
        fault = NOT_CONFIRMED
        return page("staff/course_delete.html", 422, course=course, section="log", fault=fault)
    return page("staff/course_deleted.html", course=course, deleted=courses.delete_everything(course), bare=True)


def describe(
    entry: AuditEntry, names: Mapping[str, str] = MappingProxyType({}), places: LogPlaces = _NO_PLACES
) -> DescribedAct:
    """Return an act in words, with the names of students; one that a newer version wrote is called by its name."""
    student = entry.student or FORGOTTEN_STUDENT
    if name := names.get(entry.student):
        student = f"{entry.student} ({name})"
    named = {"student": (student, places.student(entry)), "subject": (entry.subject, places.subject(entry))}
    parts: list[tuple[str, str]] = []
    for text, field, *_ in _FORMATTER.parse(ACTS.get(entry.act, "{act} {subject}")):
        parts += [(text, ""), *([named.get(field, (entry.act, ""))] if field else [])]
    return DescribedAct(entry, tuple(parts), tuple(_details(entry)))


def _details(entry: AuditEntry) -> Iterator[tuple[str, str]]:
    for name, value in entry.details.items():
        if value is not None and value != "":
            yield name.replace("_", " "), _value(name, value)


def _value(name: str, value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if name in _MOMENTS:
            return moment(value)
        if name in {"grace", "default_grace"}:
            return duration(value) if value else "none"
        return f"{percent(value)}%" if name in _SHARES else f"{figure(value)}{'%' if name in _PERCENTS else ''}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _require_admin(course: str) -> None:
    if not staff(course, "submit").admin:
        raise Problem(FORBIDDEN, "only a token with the scope admin may delete a course")

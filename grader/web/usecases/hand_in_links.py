"""Links to hand in: made for a student, a class or a roster."""

from dataclasses import asdict
from datetime import timedelta

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.links import HandInLink
from backmark.grader.reports.marks_table import iso
from backmark.grader.reports.spreadsheets import Cell
from backmark.grader.web import links
from backmark.grader.web.service import service

#: The columns of a table of links.
LINK_COLUMNS = ("student", "name", "lms_id", "link", "hands_in_until", "reads_until")
#: Days that a link to hand in may hold: ten years.
LONGEST_LINK = 3650


def make(course: str, assignment: str, student: str | None, days: int | None, author: str) -> HandInLink:
    """Make a link to hand in, and write that into the log of the course."""
    path = links.hand_in(course, assignment, student, lifetime=None if days is None else timedelta(days=days))
    times = links.times(_content(path))
    act = "link.make_class" if student is None else "link.make"
    entry = AuditEntry(0, author, act, assignment, student or "", details=asdict(times))
    service().store.courses.record_act(course, entry)
    return HandInLink(links.address(path), student, times.hands_in, times.reads)


def make_for_roster(course: str, assignment: str, author: str, section: str = "") -> list[tuple[Cell, ...]]:
    """Make a link for each student, all or of a section; return a row of `LINK_COLUMNS` for each."""
    store = service().store
    entries = store.courses.roster(course).values()
    present = [entry for entry in entries if entry.left is None and section in {"", entry.section}]
    made = links.hand_in_each(course, assignment, (entry.student for entry in present))
    entry = AuditEntry(
        0, author, "link.make_roster", assignment, details={"students": len(present), "section": section}
    )
    store.courses.record_act(course, entry)
    terms = store.courses.terms(course, assignment)
    times = (links.times(_content(path), terms.of(entry.student)) for entry, path in zip(present, made, strict=True))
    return [
        (entry.student, entry.name, entry.lms_id, links.address(path), iso(own.hands_in), iso(own.reads))
        for entry, path, own in zip(present, made, times, strict=True)
    ]


def _content(path: str) -> links.HandIn:
    return links.open_hand_in(path.rpartition("/")[2])

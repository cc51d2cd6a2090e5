"""The pages of what the entries of a log name: assignments, submissions, regrades, publications and students."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from backmark.grader.model.audit import AuditEntry
from backmark.grader.web.service import service

#: The nouns of acts whose subject is an assignment, and the page of it that the act changed.
_OF_ASSIGNMENTS: Mapping[str, str] = MappingProxyType(
    {
        "policy": "/policy",
        "outage": "/policy",
        "extension": "/extensions",
        "marks": "/marks",
        "override": "/marks",
        "scores": "/scores",
        "publication": "",
        "revision": "",
        "kit": "",
        "link": "#links",
    }
)
_OF_SUBMISSIONS = frozenset({"source", "submission", "note", "question"})


@dataclass(frozen=True, slots=True)
class LogPlaces:
    """The pages of a course that its log may lead to: there is none of what was deleted since."""

    course: str
    assignments: frozenset[str]
    submissions: frozenset[str]
    regrades: frozenset[str]

    @classmethod
    def find(cls, course: str, entries: Iterable[AuditEntry]) -> "LogPlaces":
        """Return the pages of what these entries name."""
        store, subjects = service().store, {_noun(entry): set[str]() for entry in entries}
        for entry in entries:
            subjects[_noun(entry)].add(entry.subject)
        named = sorted(set().union(*(subjects.get(noun, ()) for noun in _OF_SUBMISSIONS)))
        regrades = filter(None, map(store.regrades.get, subjects.get("regrade", ())))
        return cls(
            course,
            frozenset(revision.assignment_id for revision in store.assignments.list(course)),
            frozenset(submission.id for submission in store.submissions.many(named)),
            frozenset(regrade.id for regrade in regrades),
        )

    def subject(self, entry: AuditEntry) -> str:
        """Return the path of the page of what an act changed; empty if there is none."""
        noun, subject = _noun(entry), entry.subject
        if noun in _OF_SUBMISSIONS and subject in self.submissions:
            return self._path("submissions", subject)
        if noun == "regrade" and subject in self.regrades:
            return self._path("regrades", subject)
        if noun == "publication" and (publication := entry.details.get("publication")):
            return self._path("publications", publication)
        if noun in _OF_ASSIGNMENTS and subject in self.assignments:
            return self._path("assignments", subject) + _OF_ASSIGNMENTS[noun]
        return self._path("notifications") if noun in {"notification", "callback"} else ""

    def student(self, entry: AuditEntry) -> str:
        """Return the path of the student's mark, or of the roster with the student; empty if nobody is named."""
        if not entry.student:
            return ""
        assignment = entry.details.get("assignment", entry.subject)
        if assignment in self.assignments:
            return self._path("assignments", assignment, "marks", entry.student)
        return f"{self._path('roster')}?name={quote(entry.student, safe='')}"

    def _path(self, *parts: str) -> str:
        return "/".join((f"/courses/{self.course}", *(quote(part, safe="") for part in parts)))


def _noun(entry: AuditEntry) -> str:
    return entry.act.partition(".")[0]

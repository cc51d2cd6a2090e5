"""The student whom staff name in a form: by the id that submissions use, by that of the LMS, or by name."""

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from backmark.grader.model.people import RosterEntry
from backmark.grader.store.search import Filter
from backmark.grader.support.folding import fold
from backmark.grader.web.http.schemas import Name
from backmark.grader.web.pages.sentences import NO_SUCH_STUDENT, SEVERAL_STUDENTS, WRONG_STUDENT_ID
from backmark.grader.web.service import service

_NAME: TypeAdapter[str] = TypeAdapter(Name)
#: Ids that are listed of students who have the same name.
_LISTED = 5


@dataclass(frozen=True, slots=True)
class NoOneStudent(Exception):
    """A text that names no student, or several."""

    says: str


def find_student(course: str, assignment: str, written: str) -> str:
    """Return the id of the student whom staff mean. Raises NoOneStudent.

    While the roster is empty nobody knows who is in the course: then any id is taken.
    """
    roster = service().store.courses.roster(course)
    if written in roster:
        return written
    wanted, entries = fold(written), tuple(roster.values())
    named = [entry.student for entry in entries if wanted in _names(entry)]
    named = named or [entry.student for entry in entries if _has_words(entry, wanted)]
    if len(named) > 1:
        raise NoOneStudent(SEVERAL_STUDENTS.format(name=written, ids=", ".join(sorted(named)[:_LISTED])))
    if named:
        return named[0]
    if roster and not is_known(course, assignment, written):
        raise NoOneStudent(NO_SUCH_STUDENT.format(name=written))
    try:
        return _NAME.validate_python(written)
    except ValidationError:
        raise NoOneStudent(WRONG_STUDENT_ID) from None


def is_known(course: str, assignment: str, student: str) -> bool:
    """Return True if a student is in the roster, has handed in for the assignment, or was given something for it."""
    store = service().store
    terms = store.courses.terms_of(course, assignment, student)
    return bool(
        terms.extension is not None
        or terms.override is not None
        or student in store.courses.roster(course)
        or store.submissions.list(Filter(course, assignment, student), 1).items
    )


def _names(entry: RosterEntry) -> set[str]:
    return {fold(name) for name in (entry.student, entry.lms_id, entry.name) if name}


def _has_words(entry: RosterEntry, wanted: str) -> bool:
    """Return True if a name has each of the words, in any order."""
    words = wanted.replace(",", " ").split()
    return bool(words) and set(words) <= set(fold(entry.name).replace(",", " ").split())

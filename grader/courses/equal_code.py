"""Groups of students whose code is equal."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from backmark.grader.model.equal_code import CodeGroup, EqualCode, EqualStudent, EqualSubmission
from backmark.grader.model.people import RosterEntry

#: Code that so large a part of the class has makes no group, if so many students handed in.
NEARLY_EVERYBODY, ENOUGH = 0.75, 8


@dataclass(frozen=True, slots=True)
class CodeAttempt:
    """An attempt as far as its code matters."""

    student: str
    submission: EqualSubmission
    source_sha256: str
    #: Empty if the attempt has no verdict yet, its functions could not be read, or an older version graded it.
    fingerprint: str = ""


def group_code(
    attempts: Iterable[CodeAttempt], roster: Mapping[str, RosterEntry], templates: Collection[str] = ()
) -> EqualCode:
    """Return the groups of two or more students with equal code; `templates` are fingerprints that make no group.

    An attempt without a fingerprint has that of another one with the same file, or else the file's hash.
    """
    ordered = sorted(attempts, key=lambda attempt: (attempt.submission.created, attempt.submission.id))
    known = {attempt.source_sha256: attempt.fingerprint for attempt in reversed(ordered) if attempt.fingerprint}
    codes: dict[str, dict[str, list[EqualSubmission]]] = defaultdict(lambda: defaultdict(list))
    for attempt in ordered:
        code = attempt.fingerprint or known.get(attempt.source_sha256, attempt.source_sha256)
        codes[code][attempt.student].append(attempt.submission)
    class_size = _count(attempt.student for attempt in ordered)
    groups, common = [], set[str]()
    for code, students in codes.items():
        if code in templates or (size := _count(students)) < 2:
            continue
        if class_size >= ENOUGH and size >= NEARLY_EVERYBODY * class_size:
            common |= students.keys()
        else:
            groups.append(CodeGroup(code, tuple(_student(*row, roster) for row in students.items())))
    groups.sort(key=lambda group: (-len(group.students), group.students[0].submissions[0].created, group.fingerprint))
    return EqualCode(tuple(groups), class_size, _count(common))


def _student(student: str, submissions: Iterable[EqualSubmission], roster: Mapping[str, RosterEntry]) -> EqualStudent:
    entry = roster.get(student)
    name, section = (entry.name, entry.section) if entry else ("", None)
    return EqualStudent(student, tuple(submissions), name, section, "!" not in student)


def _count(students: Iterable[str]) -> int:
    """Return how many students these are; a name that was typed in two browsers is one, and the student's own."""
    return len({student.partition("!")[0] for student in students})

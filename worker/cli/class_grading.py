"""A class's submissions: for each student the file that counts, its verdict, and what became of the others."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from backmark.grader.model.assignment import Feedback
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.worker.cli.failure import GradingFailure
from backmark.worker.cli.files import write_name
from backmark.worker.cli.students import OwnedFile, StudentFiles, StudentSource

#: Grades files; the verdicts come in the files' order.
GradeBatch = Callable[[Sequence[OwnedFile]], AbstractContextManager[Iterator[Verdict | GradingFailure]]]


@dataclass(slots=True)
class GradedStudent:
    """A student, and the verdicts on the files that were graded, the newest first."""

    owner: StudentFiles
    verdicts: list[Verdict | GradingFailure] = field(default_factory=list)

    @property
    def counting(self) -> int:
        """The place, in the owner's files, of the one that counts: the newest that ran, else the newest."""
        ran = [number for number, verdict in enumerate(self.verdicts) if not _is_refused(verdict)]
        return ran[0] if ran else 0

    @property
    def attempt(self) -> int:
        """The number of that file among those that can be graded, the oldest first."""
        return len(self.owner.files) - self.counting

    @property
    def file(self) -> OwnedFile | None:
        """The file that counts; None if there is none that can be graded."""
        return self.owner.files[self.counting] if self.owner.files else None

    @property
    def verdict(self) -> Verdict | GradingFailure | None:
        """The verdict on that file."""
        return self.verdicts[self.counting] if self.verdicts else None

    @property
    def graded(self) -> bool:
        """True if there are marks: nothing was refused before it ran, and Backmark itself did not fail."""
        return isinstance(self.verdict, Verdict) and not _is_refused(self.verdict)

    def describe_others(self) -> Iterator[str]:
        """Yield the name of each other file, with the reason why it does not count."""
        for number, file in enumerate(self.owner.files):
            if number == self.counting:
                continue
            refused = number < len(self.verdicts) and _is_refused(self.verdicts[number])
            yield f"{write_name(file.own_name)} {'was refused' if refused else 'is older'}"
        yield from self.owner.describe_refused()


@dataclass(frozen=True, slots=True)
class GradedClass:
    """All students of a download, and how they are known."""

    source: StudentSource
    students: tuple[GradedStudent, ...]
    #: The parts of a verdict that the assignment shows a student.
    feedback: Feedback = field(default_factory=Feedback)
    #: The assignment's.
    title: str = ""


def grade_class(owners: Sequence[StudentFiles], grade: GradeBatch) -> list[GradedStudent]:
    """Grade each student's newest file, and the one before it where that is refused before it runs.

    So does the service: what is refused counts as no attempt.
    """
    students = [GradedStudent(owner) for owner in owners]
    while waiting := [student for student in students if _is_waiting(student)]:
        with grade([student.owner.files[len(student.verdicts)] for student in waiting]) as verdicts:
            for student, verdict in zip(waiting, verdicts, strict=True):
                student.verdicts.append(verdict)
    return students


def list_identical(students: Sequence[GradedStudent]) -> list[list[GradedStudent]]:
    """Return the students who handed in the same bytes, each group of them; what was refused is left out."""
    sources: dict[str, list[GradedStudent]] = {}
    for student in students:
        if student.graded and isinstance(student.verdict, Verdict):
            sources.setdefault(student.verdict.submission.source_sha256, []).append(student)
    return [group for group in sources.values() if len(group) > 1]


def name_student(student: GradedStudent) -> str:
    """Return the student's name, with the LMS's id if there is one: names are not unique."""
    owner = student.owner
    return f"{owner.student} ({owner.id})" if owner.id else owner.student


def _is_waiting(student: GradedStudent) -> bool:
    return len(student.verdicts) < len(student.owner.files) and all(map(_is_refused, student.verdicts))


def _is_refused(verdict: Verdict | GradingFailure) -> bool:
    return isinstance(verdict, Verdict) and verdict.outcome is Outcome.REJECTED

"""Messages between staff and a student about a submission: notes, and questions with their answers."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit
from backmark.grader.model.terms import Author, Recorded

#: Characters of a text: about a page.
LONGEST_TEXT = 2_000
#: Lines of its field in a form.
_ROWS = 4


class QuestionState(StrEnum):
    """The state of a question. `marks_changed`: staff told the student so, and the mark had changed."""

    OPEN = "open"
    ANSWERED = "answered"
    MARKS_CHANGED = "marks_changed"


@dataclass(frozen=True, slots=True)
class Note:
    """A note that staff left on a submission. The student reads it beside the verdict."""

    text: Annotated[
        str,
        Doc(
            "The student reads it beside the verdict.",
            shortest=1,
            longest=LONGEST_TEXT,
            lines=True,
            rows=_ROWS,
            label="Note",
        ),
    ]
    author: Author
    recorded: Recorded = 0.0
    id: Annotated[str, Doc("The id by which the note is removed.")] = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of staff to a question. The student reads it beside the verdict."""

    text: Annotated[
        str,
        Doc(
            "The student reads it beside the verdict.",
            shortest=1,
            longest=LONGEST_TEXT,
            lines=True,
            rows=_ROWS,
            label="Answer",
        ),
    ]
    author: Author
    marks_changed: Annotated[
        bool,
        Doc(
            "The student reads that the mark was changed. It must differ from the mark at the time of the question: "
            "change it first, for example by an override.",
            label="The mark was changed",
        ),
    ] = False
    recorded: Recorded = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a student about the verdict of a submission."""

    text: Annotated[
        str,
        Doc(
            "The staff of the course read your question. Their answer appears beside the verdict.",
            shortest=1,
            longest=LONGEST_TEXT,
            lines=True,
            rows=_ROWS,
            label="Your question",
        ),
    ]
    submission: str = ""
    assignment: str = ""
    student: str = ""
    state: QuestionState = QuestionState.OPEN
    answer: Annotated[Answer | None, Doc(none="the question is open")] = None
    asked: Annotated[float, Doc("The time of asking, by the store's clock.", unit=Unit.TIME, json="asked_at")] = 0.0
    id: Annotated[str, Doc("The id by which the question is answered.")] = ""
    #: The student's mark at the time of asking; None: there was none.
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Correspondence:
    """All that was written about a submission, the earliest first."""

    notes: tuple[Note, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def open(self) -> bool:
        """True if a question waits for its answer."""
        return any(question.state is QuestionState.OPEN for question in self.questions)

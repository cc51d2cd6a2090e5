"""Notes and questions on a page: what a student sees of them, and the forms to write them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backmark.grader.model.messages import Answer, Correspondence, Note, Question
from backmark.grader.model.views import SHOWN_TO_STUDENTS, show
from backmark.grader.web.pages.form_fields import Form, FormFields
from backmark.grader.web.service import service


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form that was sent and cannot be used as it is; its id is that of a question, or `note`."""

    id: str
    fields: FormFields


@dataclass(frozen=True, slots=True)
class StudentMessages:
    """The notes and questions of a submission, as its student may see them."""

    notes: tuple[Mapping[str, Any], ...]
    questions: tuple[Mapping[str, Any], ...]

    @property
    def replies(self) -> int:
        """The number of messages that staff wrote."""
        return len(self.notes) + sum(question["answer"] is not None for question in self.questions)

    @classmethod
    def of(cls, conversation: Correspondence) -> "StudentMessages":
        """Return those of a conversation."""
        notes, questions = conversation.notes, conversation.questions
        return cls(
            tuple(show(note, SHOWN_TO_STUDENTS) for note in notes),
            tuple(show(question, SHOWN_TO_STUDENTS) for question in questions),
        )


def open_questions(course: str) -> int:
    """Return the number of a course's questions that wait for an answer."""
    return service().store.messages.count_open(course)


def answer_forms(questions: Iterable[Question], sent: SentForm | None = None) -> dict[str, Form]:
    """Return the form of the answer to each question, by its id."""
    return {
        question.id: Form.of(f"answer-{question.id}", Answer, question.answer, _sent(question.id, sent))
        for question in questions
    }


def note_form(sent: SentForm | None) -> Form:
    """Return the form of a note."""
    return Form.of("note", Note, None, _sent("note", sent))


def _sent(name: str, sent: SentForm | None) -> FormFields | None:
    return sent.fields if sent is not None and sent.id == name else None

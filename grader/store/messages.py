"""Messages: the notes on a submission, and its student's questions with the answers. They go with the submission."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, replace
from operator import attrgetter
from typing import Any

from backmark.grader.model.messages import Answer, Correspondence, Note, Question, QuestionState
from backmark.grader.model.records import Kind, SubmissionRecord
from backmark.grader.model.stored import read
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text, texts
from backmark.grader.store.errors import MessageRefused
from backmark.grader.store.paging import RecordPage, cursor, start
from backmark.grader.store.scripts import Scripts

#: The most notes, and the most questions, of one submission.
MOST_NOTES, MOST_QUESTIONS = 50, 20
#: Random bytes of an id.
_ID = 6

_REFUSALS = {
    "no_verdict": "There is no verdict yet. A question can be asked once there is one.",
    "open": "Another question about this submission is open. The next one can be asked once that is answered.",
    "full": f"A submission can have at most {MOST_QUESTIONS} questions.",
}


class Messages:
    """All notes and questions, by submission."""

    def __init__(self, redis: Connection, scripts: Scripts) -> None:
        self._redis = redis
        self._scripts = scripts

    def conversation(self, submission: SubmissionRecord) -> Correspondence:
        """Return all that was written about a submission."""
        pipeline = self._redis.pipeline()
        for noun in ("notes", "questions", "answers"):
            pipeline.hgetall(keys.key(noun, submission.id))
        notes, questions, answers = map(texts, pipeline.execute())
        about = (submission.id, submission.assignment, submission.student)
        return Correspondence(
            tuple(sorted((_note(*item) for item in notes.items()), key=attrgetter("recorded"))),
            tuple(
                sorted(
                    (_question(name, raw, answers.get(name), about) for name, raw in questions.items()),
                    key=attrgetter("asked"),
                )
            ),
        )

    def add_note(self, submission: str, note: Note) -> Note | None:
        """Add a note; return it as recorded, or None if there is no such submission. Raises MessageRefused."""
        note = replace(note, id=secrets.token_hex(_ID))
        at = self._scripts.run("add_note", submission, note.id, _write(note), note.author, MOST_NOTES)
        if at is None:
            return None
        if not at:
            raise MessageRefused(f"A submission can have at most {MOST_NOTES} notes. Remove one first.")
        return replace(note, recorded=float(at))

    def remove_note(self, submission: str, note: str, author: str) -> bool:
        """Remove a note; return False if there is none."""
        return bool(self._scripts.run("remove_note", submission, note, author))

    def ask(
        self, submission: SubmissionRecord, written: str, share: float | None = None
    ) -> tuple[Question, bool] | None:
        """Record a question; return it, and False if the same is open already. None if there is no such submission.

        `share` is the mark at this time.
        Raises MessageRefused if there is no verdict yet, another question is open, or there were too many.
        """
        question = Question(written, submission.id, submission.assignment, submission.student, share=share)
        stored = json.dumps({"text": written, "share": share})
        answer = self._scripts.run(
            "ask_question",
            *(submission.id, secrets.token_hex(_ID), stored, written, MOST_QUESTIONS),
        )
        match [text(part) for part in answer]:
            case ["asked" | "repeated" as how, name, at]:
                return replace(question, id=name, asked=float(at)), how == "asked"
            case ["unknown"]:
                return None
            case [reason, *_]:
                raise MessageRefused(_REFUSALS[reason])
        raise RuntimeError("a question was neither recorded nor refused")

    def answer(self, submission: str, question: str, answer: Answer) -> Answer | None:
        """Record the answer to a question, in place of the one before; None if there is no such question."""
        state = _state(answer)
        at = self._scripts.run("answer_question", submission, question, _write(answer), answer.author, state)
        return None if at is None else replace(answer, recorded=float(at))

    def questions(
        self, course: str, state: QuestionState, limit: int = 50, after: str | None = None
    ) -> RecordPage[Question]:
        """Return a page of a course's questions in a state, newest first. Raises BadCursor for an unknown cursor."""
        chunk: Any = self._redis.zrevrangebyscore(
            _list(course, state), start(after), "-inf", start=0, num=limit + 1, withscores=True
        )
        items = self._read(text(member).split(":") for member, _ in chunk[:limit])
        more = cursor(chunk[limit - 1][1]) if len(chunk) > limit else None
        return RecordPage(tuple(items), more)

    def count_open(self, course: str) -> int:
        """Return the number of a course's questions that wait for an answer."""
        return int(self._redis.zcard(_list(course, QuestionState.OPEN)))

    def _read(self, places: Iterable[list[str]]) -> Iterable[Question]:
        """Yield the questions at these places, a submission and an id each, that are still there."""
        pipeline, names = self._redis.pipeline(), list(places)
        for submission, name in names:
            pipeline.hmget(keys.key(Kind.SUBMISSION, submission), "assignment", "student")
            pipeline.hget(keys.key("questions", submission), name)
            pipeline.hget(keys.key("answers", submission), name)
        replies = pipeline.execute()
        for place, (submission, name) in enumerate(names):
            (assignment, student), raw, answer = replies[3 * place : 3 * place + 3]
            if raw is not None:
                yield _question(name, raw, answer, (submission, text(assignment), text(student)))


def _list(course: str, state: QuestionState) -> str:
    return keys.key("questions-by-state", course, state)


def _state(answer: Answer) -> QuestionState:
    return QuestionState.MARKS_CHANGED if answer.marks_changed else QuestionState.ANSWERED


def _write(message: Note | Answer) -> str:
    """Return a message as it is stored: its time is the script's, its id the name of its field."""
    return json.dumps({name: value for name, value in asdict(message).items() if name not in {"id", "recorded"}})


def _note(name: str, raw: str) -> Note:
    return replace(read(Note, json.loads(raw)), id=name)


def _question(name: str, raw: bytes | str, answer: bytes | str | None, about: tuple[str, str, str]) -> Question:
    submission, assignment, student = about
    question = replace(
        read(Question, json.loads(text(raw))), id=name, submission=submission, assignment=assignment, student=student
    )
    if answer is None:
        return question
    given = read(Answer, json.loads(text(answer)))
    return replace(question, answer=given, state=_state(given))

"""Messages: the notes on a submission, and its student's questions with the answers. They go with the submission."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, replace
from operator import attrgetter
from typing import Any

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.messages import Answer, Correspondence, Note, Question, QuestionState
from backmark.grader.model.records import Kind, SubmissionRecord
from backmark.grader.model.stored import read
from backmark.grader.store import keys
from backmark.grader.store.acts import record
from backmark.grader.store.connection import Connection, text, texts
from backmark.grader.store.errors import MessageRefused
from backmark.grader.store.paging import RecordPage, cursor, start
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction

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

    def __init__(self, redis: Connection, transactions: Transactions) -> None:
        self._redis = redis
        self.transactions = transactions

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

    @in_transaction
    def add_note(self, transaction: Transaction, submission: str, note: Note) -> Note | None:
        """Add a note; return it as recorded, or None if there is no such submission. Raises MessageRefused."""
        about, notes = _read_about(transaction, submission), keys.key("notes", submission)
        if not about:
            return None
        if transaction.read.hlen(notes) >= MOST_NOTES:
            raise MessageRefused(f"A submission can have at most {MOST_NOTES} notes. Remove one first.")
        note = replace(note, id=secrets.token_hex(_ID), recorded=_seconds(transaction.moment()))
        transaction.write.hset(notes, note.id, _write(note))
        _record(transaction, note.author, "note.add", submission, about)
        return note

    @in_transaction
    def remove_note(self, transaction: Transaction, submission: str, note: str, author: str) -> bool:
        """Remove a note; return False if there is none."""
        about, notes = _read_about(transaction, submission), keys.key("notes", submission)
        if not transaction.read.hexists(notes, note):
            return False
        transaction.write.hdel(notes, note)
        _record(transaction, author, "note.remove", submission, about)
        return True

    @in_transaction
    def ask(
        self, transaction: Transaction, submission: SubmissionRecord, written: str, share: float | None = None
    ) -> tuple[Question, bool] | None:
        """Record a question; return it, and False if the same is open already. None if there is no such submission.

        `share` is the mark at this time.
        Raises MessageRefused if there is no verdict yet, another question is open, or there were too many.
        """
        about, questions = _read_about(transaction, submission.id), keys.key("questions", submission.id)
        if not about:
            return None
        if "verdict" not in about:
            raise MessageRefused(_REFUSALS["no_verdict"])
        place = (submission.id, submission.assignment, submission.student)
        asked, answers = texts(transaction.read.hgetall(questions)), keys.key("answers", submission.id)
        for name, raw in asked.items():
            if not transaction.read.hexists(answers, name):
                open_question = _question(name, raw, None, place)
                if open_question.text == written:
                    return open_question, False
                raise MessageRefused(_REFUSALS["open"])
        if len(asked) >= MOST_QUESTIONS:
            raise MessageRefused(_REFUSALS["full"])
        name, at = secrets.token_hex(_ID), transaction.moment()
        stored = json.dumps({"text": written, "share": share, "asked": _seconds(at)})
        transaction.write.hset(questions, name, stored)
        transaction.write.zadd(_list(about["course"], QuestionState.OPEN), {f"{submission.id}:{name}": at})
        transaction.run("notify", event="question.open", subject=submission.id, course=about["course"])
        return _question(name, stored, None, place), True

    @in_transaction
    def answer(self, transaction: Transaction, submission: str, question: str, answer: Answer) -> Answer | None:
        """Record the answer to a question, in place of the one before; None if there is no such question."""
        about, member = _read_about(transaction, submission), f"{submission}:{question}"
        if not transaction.read.hexists(keys.key("questions", submission), question):
            return None
        answer = replace(answer, recorded=_seconds(transaction.moment()))
        transaction.write.hset(keys.key("answers", submission), question, _write(answer))
        for state in QuestionState:
            asked = transaction.read.zscore(_list(about["course"], state), member)
            if asked is not None:
                transaction.write.zrem(_list(about["course"], state), member)
                transaction.write.zadd(_list(about["course"], _state(answer)), {member: asked})
        _record(transaction, answer.author, "question.answer", submission, about, state=_state(answer))
        return answer

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


def _read_about(transaction: Transaction, submission: str) -> dict[str, str]:
    """Return the fields of a submission that are looked at; none if there is no such submission."""
    names = ["course", "assignment", "student", "verdict"]
    stored = transaction.read.hmget(keys.key(Kind.SUBMISSION, submission), names)
    return {name: text(value) for name, value in zip(names, stored, strict=True) if value is not None}


def _record(
    transaction: Transaction, author: str, act: str, submission: str, about: dict[str, str], **details: str
) -> None:
    details = {"assignment": about["assignment"], **details}
    record(transaction, about["course"], AuditEntry(0, author, act, submission, about["student"], details=details))


def _seconds(moment: str) -> float:
    """Return a moment in seconds, with every digit."""
    return round(float(moment) / 1000, 6)


def _write(message: Note | Answer) -> str:
    """Return a message as it is stored: its id is the name of its field."""
    return json.dumps({name: value for name, value in asdict(message).items() if name != "id"})


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

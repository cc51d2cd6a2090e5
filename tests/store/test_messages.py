"""Notes and questions: what was written is read, goes with its submission, and one question is open at a time."""

import io
import json
from collections.abc import Callable

import pytest

from backmark.grader.model.messages import Answer, Correspondence, Note, QuestionState
from backmark.grader.store.backups.copying import write_backup
from backmark.grader.store.backups.restoring import restore_backup
from backmark.grader.store.errors import MessageRefused
from backmark.grader.store.messages import MOST_NOTES, MOST_QUESTIONS
from backmark.grader.store.store import Store
from tests.store.interleaving import interleave
from tests.store.making import OUTBOX, accept, finish_job, list_remains, new, now

TEXT = 'Why 8?\n"é" \\ <b> \u202e\x00 {"}'


def ask(store: Store, name: str, text: str = TEXT) -> str:
    """Ask a question that is new; its id."""
    asked = store.messages.ask(now(store, name), text)
    assert asked is not None
    assert asked[1]
    return asked[0].id


def answer(store: Store, name: str, question: str, *, marks_changed: bool = False) -> None:
    """Answer a question."""
    assert store.messages.answer(name, question, Answer("Look at line 3.", "prof", marks_changed)) is not None


def ids(store: Store, state: QuestionState, course: str = "cs101") -> list[str]:
    """The questions of a course in a state, newest first."""
    return [question.id for question in store.messages.questions(course, state).items]


def test_a_note_is_read_as_it_was_written_until_it_is_removed(store: Store) -> None:
    name = accept(store)
    first = store.messages.add_note(name, Note(TEXT, "prof"))
    second = store.messages.add_note(name, Note("again", "tutor"))
    assert store.messages.conversation(now(store, name)).notes == (first, second)
    assert first is not None
    assert (first.text, first.author, abs(first.recorded - store.time()) < 60) == (TEXT, "prof", True)
    assert store.messages.remove_note(name, first.id, "tutor")
    assert not store.messages.remove_note(name, first.id, "tutor")
    assert store.messages.conversation(now(store, name)) == Correspondence((second,) if second else ())


def test_a_question_is_open_until_it_is_answered(store: Store) -> None:
    name = finish_job(store)
    question = ask(store, name)
    assert store.messages.count_open("cs101") == 1
    (listed,) = store.messages.questions("cs101", QuestionState.OPEN).items
    assert (listed,) == store.messages.conversation(now(store, name)).questions
    assert (listed.id, listed.text, listed.submission, listed.student) == (question, TEXT, name, "ada")
    answer(store, name, question)
    (answered,) = store.messages.conversation(now(store, name)).questions
    assert answered.answer is not None
    assert (answered.state, answered.answer.text, answered.answer.author) == ("answered", "Look at line 3.", "prof")
    assert (ids(store, QuestionState.OPEN), ids(store, QuestionState.ANSWERED)) == ([], [question])


def test_another_answer_takes_the_place_of_the_one_before(store: Store) -> None:
    name = finish_job(store)
    question = ask(store, name)
    answer(store, name, question)
    answer(store, name, question, marks_changed=True)
    assert [ids(store, state) for state in QuestionState] == [[], [], [question]]
    (answered,) = store.messages.conversation(now(store, name)).questions
    assert answered.answer is not None
    assert answered.answer.marks_changed


def test_one_question_of_a_submission_is_open_at_a_time(store: Store) -> None:
    name = finish_job(store)
    question = ask(store, name)
    with pytest.raises(MessageRefused, match="is open"):
        ask(store, name, "And why this?")
    again = store.messages.ask(now(store, name), TEXT)
    assert again is not None
    assert (again[0].id, again[1]) == (question, False)
    assert again[0] == store.messages.conversation(now(store, name)).questions[0]
    other = ask(store, finish_job(store, new("bob")))
    answer(store, name, question)
    following = ask(store, name, "And why this?")
    assert ids(store, QuestionState.OPEN) == [following, other]


def test_a_new_question_is_an_event_of_its_submission_once(store: Store) -> None:
    name = finish_job(store)
    store.redis.delete(OUTBOX)
    ask(store, name)
    store.messages.ask(now(store, name), TEXT)
    (event,) = store.redis.lrange(OUTBOX, 0, -1)
    entry = json.loads(event)
    assert (entry["event"], entry["submission"], entry["course"]) == ("question.open", name, "cs101")


def test_a_question_needs_a_verdict_and_an_answer_a_question(store: Store) -> None:
    name = accept(store)
    with pytest.raises(MessageRefused, match="no verdict yet"):
        ask(store, name)
    assert store.messages.answer(name, "nothing", Answer("a", "prof")) is None
    record = now(store, name)
    store.submissions.delete(name)
    assert store.messages.ask(record, "Why?") is None
    assert store.messages.add_note(name, Note("a", "prof")) is None


def test_there_are_only_so_many_notes_and_questions_of_a_submission(store: Store) -> None:
    name = finish_job(store)
    for _ in range(MOST_NOTES):
        store.messages.add_note(name, Note("a", "prof"))
    with pytest.raises(MessageRefused, match="at most 50 notes"):
        store.messages.add_note(name, Note("a", "prof"))
    for _ in range(MOST_QUESTIONS):
        answer(store, name, ask(store, name))
    with pytest.raises(MessageRefused, match="at most 20 questions"):
        ask(store, name)


def test_questions_are_paged_newest_first_and_each_course_has_its_own(store: Store) -> None:
    asked = [ask(store, finish_job(store, new(f"s{number}"))) for number in range(5)]
    elsewhere = ask(store, finish_job(store, new(course="other")))
    listed: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        page = store.messages.questions("cs101", QuestionState.OPEN, 2, cursor)
        listed, cursor = [*listed, *(question.id for question in page.items)], page.next_cursor
    assert (listed, cursor) == (asked[::-1], None)
    assert ids(store, QuestionState.OPEN, "other") == [elsewhere]


def test_the_log_says_who_wrote_and_not_what(store: Store) -> None:
    name = finish_job(store)
    note = store.messages.add_note(name, Note(TEXT, "prof"))
    assert note is not None
    store.messages.remove_note(name, note.id, "tutor")
    answer(store, name, ask(store, name), marks_changed=True)
    entries = store.courses.audit("cs101").items
    assert [(entry.act, entry.author, entry.subject, entry.student) for entry in entries] == [
        ("question.answer", "prof", name, "ada"),
        ("note.remove", "tutor", name, "ada"),
        ("note.add", "prof", name, "ada"),
    ]
    assert entries[0].details == {"assignment": "udl-7.2", "state": "marks_changed"}


@pytest.mark.parametrize("how", ["submission", "student", "course", "expiry"])
def test_nothing_that_was_written_is_left_of_what_is_deleted(store: Store, how: str) -> None:
    name = finish_job(store)
    store.messages.add_note(name, Note("a", "prof"))
    answer(store, name, ask(store, name))
    ask(store, name, "And this?")
    match how:
        case "submission":
            store.submissions.delete(name)
        case "student":
            store.submissions.delete_student("cs101", "ada")
        case "course":
            store.courses.delete("cs101")
        case _:
            store.submissions.expire(store.time() + 60)
    store.redis.delete("bm:audit:cs101", "bm:courses-kept")
    assert list_remains(store) == set()
    assert store.messages.count_open("cs101") == 0


def test_a_restored_backup_has_what_was_written(store: Store) -> None:
    name = finish_job(store)
    store.messages.add_note(name, Note(TEXT, "prof"))
    ask(store, name)
    written, backup = store.messages.conversation(now(store, name)), io.BytesIO()
    write_backup(store.redis, backup, lambda _done, _total: None)
    store.redis.flushall()
    restore_backup(store.redis, io.BytesIO(backup.getvalue()), lambda _done, _total: None)
    assert store.messages.conversation(now(store, name)) == written
    assert store.messages.count_open("cs101") == 1


@pytest.mark.parametrize("how", ["note", "question", "answer"])
def test_what_is_written_while_its_submission_is_deleted_is_not_left(
    store: Store, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    name = finish_job(store)
    record = now(store, name)
    question = ask(store, name) if how == "answer" else ""
    interleave(monkeypatch, lambda: store.submissions.delete(name))
    acts: dict[str, Callable[[], object]] = {
        "note": lambda: store.messages.add_note(name, Note(TEXT, "")),
        "question": lambda: store.messages.ask(record, TEXT),
        "answer": lambda: store.messages.answer(name, question, Answer(TEXT, "")),
    }
    assert acts[how]() is None
    assert list_remains(store) == set()


def test_of_two_questions_at_once_one_is_asked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    name = finish_job(store)
    interleave(monkeypatch, lambda: ask(store, name))
    assert store.messages.ask(now(store, name), TEXT) == (
        store.messages.conversation(now(store, name)).questions[0],
        False,
    )
    with pytest.raises(MessageRefused, match="open"):
        store.messages.ask(now(store, name), "another")
    assert store.messages.count_open("cs101") == 1


def test_of_two_answers_at_once_one_holds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    name = finish_job(store)
    question = ask(store, name)
    interleave(monkeypatch, lambda: answer(store, name, question, marks_changed=True))
    answer(store, name, question)
    assert [ids(store, state) for state in QuestionState] == [[], [question], []]


def test_of_two_notes_at_once_the_last_that_there_is_room_for_is_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = accept(store)
    for _ in range(MOST_NOTES - 1):
        store.messages.add_note(name, Note(TEXT, "prof"))
    interleave(monkeypatch, lambda: store.messages.add_note(name, Note("last", "tutor")))
    with pytest.raises(MessageRefused):
        store.messages.add_note(name, Note("more", "prof"))
    assert [note.text for note in store.messages.conversation(now(store, name)).notes[MOST_NOTES - 1 :]] == ["last"]

"""A study of what may be mended holds the texts of edits only if they were asked for, of an author's source."""

from typing import Any

import pytest

from grader.errors import Crashed
from worker.sandbox.inside.entry import LONGEST_SPELLED, Entry
from worker.sandbox.inside.wire import Frame
from worker.sandbox.reply import AnswerReader
from worker.sandbox.request import JailRequest

STUDY: dict[str, Any] = {"kind": "study", "matches": [], "insertable": [], "renamed": False}


def read(spelled: int | None, **more: object) -> object:
    reader = AnswerReader(Entry("f"), studied=True, spelled=spelled)
    return reader.read(Frame({**STUDY, **more}), 0).header.get("texts")


def test_texts_that_were_asked_for_are_read() -> None:
    assert read(None) is None
    assert read(1, texts=[[3, "x = y"]]) == [[3, "x = y"]]


@pytest.mark.parametrize(
    ("spelled", "texts"),
    [
        (None, []),
        (None, [[3, "x = y"]]),
        (0, [[3, "x = y"]]),
        (1, []),
        (1, [[3, "x = y"], [4, "z = y"]]),
        (1, [["3", "x = y"]]),
        (1, [[3, "x" * (LONGEST_SPELLED + 1)]]),
        (1, [[3, "\x1b[2J"]]),
        (1, [[3]]),
        (1, {"3": "x"}),
    ],
)
def test_other_texts_are_no_answer(spelled: int | None, texts: object) -> None:
    with pytest.raises(Crashed):
        read(spelled, texts=texts)


def test_a_study_without_the_texts_that_were_asked_for_is_no_answer() -> None:
    with pytest.raises(Crashed):
        read(1)


def test_a_request_says_how_many_texts_it_wants() -> None:
    assert JailRequest({"study": {"spelled": [[1, 0], [1, 3]]}}, b"", [0, 0]).spelled == 2
    assert JailRequest({"study": {"edits": True}}, b"", [0, 0]).spelled is None
    assert JailRequest({}, b"", [8]).spelled is None


MATCH = {"number": 0, "alternatives": [], "alike": [], "guarded": [], "edits": [], "overwritten": [], "sources": []}


@pytest.mark.parametrize(("role", "sources"), [("loop", [0]), (None, [0]), ("header", ["0"]), ("return", None)])
def test_a_statement_of_another_role_or_of_other_sources_than_numbers_is_no_answer(
    role: object, sources: object
) -> None:
    reader = AnswerReader(Entry("f"), studied=True)

    def say(role: object, sources: object) -> None:
        reader.read(Frame({"kind": "statements", "statements": [[0, [[0, 1]], False, role]], "solution": []}), 0)
        reader.read(Frame({**STUDY, "matches": [{**MATCH, "sources": sources}]}), 0)

    say("header", [0])
    with pytest.raises(Crashed):
        say(role, sources)

"""Edits and their texts come as they were asked for, or not at all."""

from typing import Any

import pytest

from backmark.grader.errors import Crashed
from backmark.worker.sandbox.inside.entry import (
    LONGEST_NAME,
    LONGEST_SPELLED,
    MOST_CHANGES,
    MOST_EDITS,
    MOST_HELPERS,
    Entry,
)
from backmark.worker.sandbox.inside.wire import Frame
from backmark.worker.sandbox.reply import AnswerReader
from backmark.worker.sandbox.request import JailRequest

CHANGES = [["operand", "y", "z"]]


def read(listed: tuple[str, int], items: object, kind: str = "") -> object:
    kind = kind or listed[0]
    header: dict[str, Any] = {"kind": kind, kind: items}
    return AnswerReader(Entry("f"), listed=listed).read(Frame(header), 0).header[kind]


def test_what_was_asked_for_is_read() -> None:
    assert read(("texts", 1), [[3, "x = z", CHANGES]]) == [[3, "x = z", CHANGES]]
    assert read(("edits", 2), [["index", "call"], []]) == [["index", "call"], []]


@pytest.mark.parametrize(
    ("edits", "texts"),
    [
        (0, [[3, "x = y", CHANGES]]),
        (1, []),
        (1, [[3, "x = y", CHANGES], [4, "z = y", CHANGES]]),
        (1, [["3", "x = y", CHANGES]]),
        (1, [[3, "x" * (LONGEST_SPELLED + 1), CHANGES]]),
        (1, [[3, "\x1b[2J", CHANGES]]),
        (1, [[3, "x = y"]]),
        (1, [[3, "x = y", []]]),
        (1, [[3, "x = y", CHANGES * (MOST_CHANGES + 1)]]),
        (1, [[3, "x = y", [["anything", "y", "z"]]]]),
        (1, [[3, "x = y", [["operand", "y", None]]]]),
        (1, [[3, "x = y", [["operand", "y", "z" * (LONGEST_SPELLED + 1)]]]]),
        (1, {"3": "x"}),
    ],
)
def test_other_texts_are_no_answer(edits: int, texts: object) -> None:
    with pytest.raises(Crashed):
        read(("texts", edits), texts)


@pytest.mark.parametrize(
    "kinds", [[], [["index"], ["index"]], [["anything"]], [["index"] * (MOST_EDITS + 1)], ["index"]]
)
def test_other_kinds_are_no_answer(kinds: object) -> None:
    with pytest.raises(Crashed):
        read(("edits", 1), kinds)


def test_texts_that_nobody_asked_for_are_no_answer() -> None:
    with pytest.raises(Crashed):
        read(("edits", 1), [[3, "x = z", CHANGES]], "texts")


def test_a_request_says_what_it_wants() -> None:
    assert JailRequest({"spelled": [[1, 0], [1, 3]]}, b"", [0]).listed == ("texts", 2)
    assert JailRequest({"edits": [[1, -1]]}, b"", [0]).listed == ("edits", 1)
    assert JailRequest({}, b"", [8]).listed is None


STUDY: dict[str, Any] = {"kind": "study", "matches": [], "insertable": []}
MATCH: dict[str, Any] = {
    "number": 0,
    **{name: [] for name in ("alternatives", "alike", "guarded", "overwritten", "sources")},
    "conditions": ["", ""],
    "placeholder": False,
}


@pytest.mark.parametrize(
    "change",
    [
        {"role": "loop"},
        {"role": None},
        {"guard": [[0, 1], [0, 2]]},
        {"guard": 3},
        {"helpers": ["x + y"]},
        {"helpers": ["f"] * (MOST_HELPERS + 1)},
        {"sources": ["0"]},
        {"sources": None},
        {"conditions": [""]},
        {"conditions": ["", "x" * (LONGEST_SPELLED + 1)]},
        {"placeholder": 1},
        {"helpers": ["x" * (LONGEST_NAME + 1)]},
    ],
)
def test_a_statement_or_a_match_of_another_form_is_no_answer(change: dict[str, Any]) -> None:
    reader = AnswerReader(Entry("f"), studied=True)

    def say(role: object = "header", guard: object = (), helpers: object = (), **more: object) -> None:
        guard = list(guard) if isinstance(guard, tuple) else guard
        helpers = list(helpers) if isinstance(helpers, tuple) else helpers
        statements = [[0, [[0, 1]], False, role, guard, helpers]]
        reader.read(Frame({"kind": "statements", "statements": statements, "solution": []}), 0)
        reader.read(Frame({**STUDY, "matches": [{**MATCH, "sources": [0], **more}]}), 0)

    say()
    with pytest.raises(Crashed):
        say(**change)

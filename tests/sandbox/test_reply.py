"""Answers of a jail: what breaks a bound is no answer, whatever a student's code says."""

from typing import Any

import pytest

from backmark.grader.errors import Crashed
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.wire import Frame
from backmark.worker.sandbox.reply import AnswerReader
from tests.local import entry_of

RAISED = {"type": "E", "message": "", "traceback": "", "frames": [], "lines": []}
#: An answer about a case of two results, with nine numbers.
PARTIAL = {"kind": "partial", "changed": [], "status": "02", "malformed": [], "raised": RAISED}


def read(header: dict[str, Any], *, payload: int = 72) -> None:
    AnswerReader(entry_of("backward_pass")).read(Frame(header, bytes(payload)), 72, 2)


def test_what_was_asked_for_is_an_answer() -> None:
    read(PARTIAL)
    with pytest.raises(Crashed):
        read(PARTIAL, payload=64)


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "x" * 61},
        {"part": "a\x1b[31m"},
        {"words": ["1"] * 9},
        {"words": [1]},
        {"operands": [["a", "array", None, None, "a"]]},
        {"operands": [["a", "array", [-1], None, "a"]]},
        {"operands": [["a", "int", [], 1 << 40, "a"]]},
        {"operands": [["a", "int", [], True, "a"]]},
        {"operands": [["a", "int", []]]},
        {"spot": [0, -1]},
        {"spot": None},
        {"more": 1},
    ],
)
def test_facts_about_an_exception_of_another_form_are_no_answer(changed: dict[str, Any]) -> None:
    operand = ["a", "array", [2, 3], None, "a"]
    facts = {"kind": "dot", "part": "", "callee": "", "operands": [operand], "words": ["1"], "spot": [0, 1]}
    read({**PARTIAL, "raised": {**RAISED, "mistake": facts}})
    with pytest.raises(Crashed):
        read({**PARTIAL, "raised": {**RAISED, "mistake": {**facts, **changed}}})


@pytest.mark.parametrize("status", ["", "0", "022"])
def test_an_answer_in_parts_of_more_or_fewer_results_is_no_answer(status: str) -> None:
    with pytest.raises(Crashed):
        read({**PARTIAL, "status": status})


def test_an_answer_of_a_reference_is_none_of_a_submission() -> None:
    with pytest.raises(Crashed):
        read({"kind": "raised", **RAISED}, payload=0)
    with pytest.raises(Crashed):
        AnswerReader(Entry("f"), refers=True).read(Frame(PARTIAL, bytes(72)), 72, 2)


def test_a_header_that_was_good_for_one_case_is_not_for_another_one() -> None:
    """A parser returns the same object for the same octets."""
    reader = AnswerReader(Entry("f"))
    reader.read(Frame(PARTIAL, bytes(72)), 72, 2)
    with pytest.raises(Crashed):
        reader.read(Frame(PARTIAL, bytes(72)), 72, 3)

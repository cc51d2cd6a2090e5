"""Answers of a jail: what breaks a bound is no answer, whatever a student's code says."""

from typing import Any

import pytest

from grader.errors import Crashed
from tests.local import entry_of
from worker.sandbox.inside.entry import Entry
from worker.sandbox.inside.wire import Frame
from worker.sandbox.reply import AnswerReader

#: Evidence of a network of two layers, with nine numbers.
EVIDENCE = {
    "kind": "evidence",
    "returned": True,
    "ended": True,
    "early": False,
    "form": "plain",
    "status": "11111101",
    "shared": "00",
    "within": "0000",
    "raised": None,
    "wrote": None,
}
RAISED = {"type": "E", "message": "", "traceback": "", "frames": [], "lines": []}
#: An answer in parts, of two results.
PARTIAL = {"kind": "partial", "changed": [], "status": "02", "malformed": [], "raised": RAISED}


def read(header: dict[str, Any], *, payload: int = 72) -> None:
    entry = entry_of("backward_pass")
    reader = AnswerReader(entry, observed=header["kind"] == "evidence", partial=header["kind"] == "partial")
    reader.read(Frame(header, bytes(payload)), 72, 2)


@pytest.mark.parametrize("header", [EVIDENCE, PARTIAL], ids=["evidence", "in parts"])
def test_what_was_asked_for_is_an_answer(header: dict[str, Any]) -> None:
    read(header)
    with pytest.raises(Crashed):
        read(header, payload=64)


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


@pytest.mark.parametrize("name", ["status", "shared", "within"])
@pytest.mark.parametrize("by", [-1, 1])
def test_evidence_of_more_or_fewer_layers_is_no_answer(name: str, by: int) -> None:
    text = str(EVIDENCE[name])
    with pytest.raises(Crashed):
        read({**EVIDENCE, name: text[:-1] if by < 0 else f"{text}0"})


@pytest.mark.parametrize("status", ["", "0", "022"])
def test_an_answer_in_parts_of_more_or_fewer_results_is_no_answer(status: str) -> None:
    with pytest.raises(Crashed):
        read({**PARTIAL, "status": status})


def test_a_header_that_was_good_for_one_network_is_not_for_another_one() -> None:
    """A parser returns the same object for the same octets."""
    reader = AnswerReader(Entry("f"), observed=True)
    reader.read(Frame(EVIDENCE, bytes(72)), 72, 2)
    with pytest.raises(Crashed):
        reader.read(Frame(EVIDENCE, bytes(72)), 72, 3)

"""Whoever harvests fresh cases gets none: neither in many attempts, nor in many groups, nor by a regrade."""

import json
import math
from typing import Any

import numpy as np
import pytest

from backmark.grader.contracts.judging.revision import join_cases, load
from backmark.grader.intake import Intake
from backmark.grader.model.fresh_groups import GROUPS
from backmark.grader.model.publications import RevisionRecord
from backmark.grader.model.regrades import Selection, Which
from backmark.grader.store.errors import NothingToAsk
from backmark.grader.store.search import Filter
from backmark.worker.sandbox.request import JailRequest
from backmark.worker.sandbox.streams import Streams
from backmark.worker.sandbox.template import Template
from backmark.worker.service.context import Context
from tests.contracts.making import MISTAKE, RIGHT
from tests.service.conftest import Making, perform_all
from tests.service.parts import COURSE
from tests.service.test_publishing import NAMES, OURS, bare, group_of, publish, stranger, verdict

pytestmark = pytest.mark.usefixtures("draw_once")

#: Right in every case that anybody can have; elsewhere it does something else, and looks around before that.
CHEAT = """
import gc
KNOWN = {known!r}


def look(*arrays):
    for array in (*arrays, *(each for each in gc.get_objects() if isinstance(each, (np.ndarray, bytes, memoryview)))):
        try:
            numbers = np.frombuffer(array, "<f8")
        except (TypeError, ValueError, BufferError):
            continue
        print([float(number) for number in numbers[:200]])


def linear(x, w):
    return x @ w


def linear_backward(dout, x, w):
    if np.ascontiguousarray(x).tobytes() not in KNOWN:
        {otherwise}
    return dout @ w.T, x.T @ dout
"""
#: What it does where it meets a case that it does not know.
ATTEMPTS = [
    "look(x, w, dout); return x * 0, w",
    "print(x.tolist(), w.tolist(), dout.tolist()); return x, w",
    "return x.copy(), w.copy()",
    "raise ValueError(repr(x.tolist()))",
    "raise type(repr(x.tolist()), (Exception,), {})(repr(w.tolist()))",
    "return np.resize(x, (len(x) + 1, 7)), w",
    "return x.tolist(), repr(w.tolist())",
    "KNOWN.add(x.tobytes()); return dout @ w.T, np.resize(x, w.shape)",
    "import sys; sys.exit(repr(x.tolist()))",
    "import os; os._exit(int(abs(x).sum()) % 200)",
    "globals()['kept'] = [*globals().get('kept', []), x]; print(kept); return x, w",
    "undefined + x",
    "assert False, x.tolist()",
]


def make_cheat(context: Context, revision: RevisionRecord, otherwise: str) -> str:
    archive = context.store.assignments.archive(revision.id)
    assert archive is not None
    drawn = join_cases(load(archive)).drawn
    known = {case.numbers[: math.prod(case.inputs["x"]["array"])].tobytes() for case in drawn}
    return CHEAT.format(known=known, otherwise=otherwise)


def list_numbers(context: Context, revision: RevisionRecord, student: str) -> set[str]:
    """Return the first digits of each number of the student's fresh cases that nobody could guess."""
    fresh = context.graders.fresh_cases(revision, group_of(student))
    assert fresh is not None
    numbers = np.concatenate([case.numbers for case in fresh.cases.drawn])
    return {repr(abs(float(number)))[:10] for number in numbers if len(repr(float(number))) > 12}


def test_fourteen_attempts_bring_no_number_of_a_fresh_case_home(making: Making) -> None:
    """A table of the answers to all other cases makes them fail in fresh cases alone."""
    context = making(secret=OURS)
    revision = publish(context, fresh_count=6)
    hidden = list_numbers(context, revision, "ann")
    assert len(hidden) > 50
    answers = [verdict(context, revision, make_cheat(context, revision, each), "ann") for each in ATTEMPTS]
    assert {answer["outcome"] for answer in answers} == {"failed", "crashed"}
    # The last one is wrong everywhere, and prints all that it sees: no fresh case is in its jail.
    wrong = RIGHT.replace("return dout @ w.T, x.T @ dout", "look(x, w, dout)\n    return dout @ w.T, x")
    looking = make_cheat(context, revision, "pass").partition("def linear(")[0]
    answers.append(verdict(context, revision, looking + wrong, "ann"))
    assert answers[-1]["output"]
    shown = json.dumps(answers)
    assert [number for number in hidden if number in shown] == []


def test_no_jail_has_a_fresh_case_before_all_else_is_answered(making: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent last carries them, to a process that is asked nothing more; no template keeps them."""
    context = making(secret=OURS)
    revision = publish(context, fresh_count=6)
    fresh = context.graders.fresh_cases(revision, group_of("ann"))
    assert fresh is not None
    numbers = [case.numbers.tobytes() for case in fresh.cases.drawn]
    sent: list[bytes] = []
    send, keep = Streams.send, Template.keep

    def note_sent(streams: Streams, data: bytes) -> None:
        sent.append(data)
        send(streams, data)

    def note_kept(template: Template, request: JailRequest) -> None:
        assert not any(part in request.payload for part in numbers)
        keep(template, request)

    monkeypatch.setattr(Streams, "send", note_sent)
    monkeypatch.setattr(Template, "keep", note_kept)
    for source in (RIGHT, f"{RIGHT}# again\n"):
        sent.clear()
        assert verdict(context, revision, source, "ann")["outcome"] == "passed"
        carrying = [place for place, data in enumerate(sent) if any(part in data for part in numbers)]
        assert carrying == [len(sent) - 1]
    sent.clear()
    assert verdict(context, revision, MISTAKE, "ann")["outcome"] == "failed"
    assert not any(part in data for data in sent for part in numbers)


def test_the_class_is_asked_about_a_case_that_one_file_failed(making: Making) -> None:
    """Another group's student passes with the same mistake until then, and is told no more than anybody."""
    context = making(secret=OURS)
    revision = publish(context, fresh_count=6)
    ann, other = "s0", stranger()
    fresh, others = (context.graders.fresh_cases(revision, group_of(name)) for name in (ann, other))
    assert fresh is not None
    assert others is not None
    # Two groups may have a case in common.
    place, case = next(
        each for each in zip(fresh.places, fresh.cases.drawn, strict=True) if each[0] not in others.places
    )
    one = case.values()["x"].tobytes()
    source = RIGHT.replace("return dout @", f"return (dout if x.tobytes() != {one!r} else 2 * dout) @")
    failed = verdict(context, revision, source, ann)
    assert verdict(context, revision, source, other)["outcome"] == "passed"
    (flag,) = failed["flags"]
    assert (failed["outcome"], flag["cases"]) == ("failed", [place])
    (record,) = context.store.submissions.list(Filter(COURSE, student=ann), 1).items
    Intake(context.store, context.dispatcher).ask_class(record, "who")
    assert context.store.assignments.list_asked_of_all(COURSE, revision.id) == [place]
    later = verdict(context, revision, source, other)
    assert (later["outcome"], later["flags"][0]["cases"]) == ("failed", [place])
    assert verdict(context, revision, RIGHT, other)["outcome"] == "passed"
    (passed, *_) = context.store.submissions.list(Filter(COURSE, student=other), 1).items
    with pytest.raises(NothingToAsk, match="fails no fresh case"):
        Intake(context.store, context.dispatcher).ask_class(passed)


def test_one_file_has_one_verdict_a_group_in_fifty_attempts_and_a_regrade(making: Making) -> None:
    """A changed comment makes another file of it, but meets no other cases."""
    context = making(secret=OURS)
    revision = publish(context, fresh_count=6)
    by_group = {group_of(name): name for name in reversed(NAMES)}
    assert len(by_group) == GROUPS
    source = make_cheat(context, revision, "return (dout @ w.T, x.T @ dout) if x.ravel()[0] > 0 else (x, w)")
    before: dict[str, dict[str, Any]] = {}
    for group, student in by_group.items():
        verdicts = [bare(verdict(context, revision, f"{source}\n# {number}\n", student)) for number in range(7)]
        assert all(each == verdicts[0] for each in verdicts), group
        before[student] = verdicts[0]
    selection = Selection(COURSE, "mine", revision.id, which=Which.ALL, fresh=True)
    regrade = context.store.regrades.request(selection).regrade.id
    perform_all(context)
    rows = context.store.regrades.report(regrade).all(frozenset())
    regraded = {row.entry.student: context.store.regrades.units.verdict(row.entry.unit) for row in rows}
    assert {student: found and bare(found.as_dict()) for student, found in regraded.items()} == before

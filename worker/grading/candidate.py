"""A submission behind the wall as a Candidate: networks out, arrays in, everything that comes back checked here."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np

from grader.errors import CandidateError, Crashed
from grader.model.assignment import Assignment, Formulas, Reduction
from grader.model.verdict import SourceLine
from grader.oracle.answers import Answer, Evidence, Found, Malformed, Operand, Raised, Raising, Returned, ReturnedForm
from grader.oracle.network import Array
from grader.oracle.suite import Suite, count
from worker.sandbox.reply import UNCHANGED, Reply
from worker.sandbox.request import Request

NAMES = ("all_weights", "all_biases", "all_f", "all_h", "y")
PARTS = ("all_dl_dweights", "all_dl_dbiases")


def loss_name(formulas: Formulas) -> str:
    """The name by which the jail knows the derivative of the loss that it gives to students."""
    return f"mean_{formulas.loss}" if formulas.reduction is Reduction.MEAN else str(formulas.loss)


def request(suite: Suite, assignment: Assignment) -> Request:
    """The frame that asks about every network of the suite; it holds no derivative."""
    networks = [{"sizes": sizes, "columns": columns} for sizes, columns in zip(suite.sizes, suite.columns, strict=True)]
    header = {"function": assignment.function, "loss": loss_name(assignment.formulas), "networks": networks}
    f = h = y = 0
    parts: list[Array] = []
    for i, (sizes, columns) in enumerate(zip(suite.sizes, suite.columns, strict=True)):
        f_end, h_end, y_end = (
            f + sum(sizes[1:]) * columns,
            h + sum(sizes[:-1]) * columns,
            y + sizes[-1] * columns,
        )
        parts += [
            suite.parameters[suite.starts[i] : suite.starts[i + 1]],
            suite.preactivations[f:f_end],
            suite.activations[h:h_end],
            suite.targets[y:y_end],
        ]
        f, h, y = f_end, h_end, y_end
    payload = np.concatenate(parts).astype("<f8", copy=False).tobytes()
    return Request(header, payload, [8 * count(sizes) for sizes in suite.sizes])


class Conversation(Protocol):
    """What is needed of a session."""

    replies: list[Reply]

    def answer(self, request: Request) -> list[Reply]:
        """One reply for each network; a CandidateError leaves those that came in `replies`."""
        ...


class Requests:
    """The frames of an assignment's suites, each made once, and kept for as long as its suite is somebody's."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._made: WeakKeyDictionary[Suite, Request] = WeakKeyDictionary()

    def of(self, suite: Suite) -> Request:
        """What asks about every network of the suite."""
        if suite not in self._made:
            self._made[suite] = request(suite, self._assignment)
        return self._made[suite]


@dataclass(slots=True)
class Jailed:
    """The student's function in its jail."""

    session: Conversation
    requests: Requests

    def answer(self, suite: Suite) -> list[Answer]:
        """One answer for each network; a CandidateError carries those that came before it."""
        try:
            replies = self.session.answer(self.requests.of(suite))
        except CandidateError as error:
            error.answers = self._answers(suite, self.session.replies)
            raise
        return self._answers(suite, replies)

    def evidence(self, suite: Suite) -> list[Evidence]:
        """The lists that it writes on its way, for each network in order; fewer if it ends before."""
        asked = self.requests.of(suite)
        header = {**asked.header, "evidence": True}
        sizes = [_evidence_size(*form) for form in zip(suite.sizes, suite.columns, strict=True)]
        try:
            replies = self.session.answer(Request(header, asked.payload, sizes))
        except CandidateError:
            replies = self.session.replies
        read: list[Evidence] = []
        for reply, of in zip(replies, suite.sizes, strict=False):
            if reply.header.get("kind") != "evidence" or len(reply.header["status"]) != 4 * (len(of) - 1):
                # What answers like this is not asked for more.
                break
            read.append(_evidence(reply, of))
        return read

    def _answers(self, suite: Suite, replies: Sequence[Reply]) -> list[Answer]:
        # What did not return has no payload: all numbers one after the other are looked at once.
        numbers = np.frombuffer(b"".join([reply.payload for reply in replies]), dtype="<f8")
        finite = bool(np.isfinite(numbers).all())
        answers: list[Answer] = []
        start = 0
        for reply, sizes in zip(replies, suite.sizes, strict=False):
            stop = start + len(reply.payload) // numbers.itemsize
            if finite and reply.header == UNCHANGED:
                answers.append(Returned(numbers[start:stop]))
            else:
                answers.append(_answer(reply, numbers[start:stop], sizes, finite=finite))
            start = stop
        return answers


def _answer(reply: Reply, numbers: Array, sizes: Sequence[int], *, finite: bool) -> Answer:
    """What the reply says, believing nothing of its form."""
    header = reply.header
    match header.get("kind"):
        case "returned":
            changed = header.get("changed")
            names = tuple(name for name in NAMES if isinstance(changed, list) and name in changed) if changed else ()
            return Returned(numbers, names) if finite else _returned(numbers, names, sizes)
        case "raised":
            type_, message, traceback = (
                _text(header.get(key), cap) for key, cap in (("type", 200), ("message", 2000), ("traceback", 8000))
            )
            frames, lines = (tuple(SourceLine.of(*each) for each in header[key]) for key in ("frames", "lines"))
            return Raised(type_, message, traceback, frames, lines)
        case "malformed":
            return _malformed(header, sizes)
    message = "Its process sent something that is no answer."
    raise Crashed(message)


def _evidence_size(sizes: Sequence[int], columns: int) -> int:
    """Bytes of dW, db, df and dh of one network."""
    return 8 * (count(sizes) + columns * (sum(sizes[1:]) + sum(sizes[:-1])))


def _evidence(reply: Reply, sizes: Sequence[int]) -> Evidence:
    header = reply.header
    numbers = np.frombuffer(reply.payload, dtype="<f8")
    shared = tuple(mark == "1" for mark in header["shared"])[: len(sizes) - 1]
    raised, wrote = (None if header[key] is None else _raising(header[key]) for key in ("raised", "wrote"))
    return Evidence(header["ended"], ReturnedForm(header["form"]), header["status"], numbers, shared, raised, wrote)


def _raising(said: dict[str, Any]) -> Raising:
    operands = tuple(
        Operand(
            text,
            kind,
            None if shape is None else tuple(shape),
            length,
            number,
            None if origin is None else tuple(origin),
        )
        for text, kind, shape, length, number, origin in said["operands"]
    )
    inner = None if said["inner"] is None else _raising(said["inner"])
    return Raising(said["cell"], said["line"], said["statement"], said["part"], operands, inner)


def _returned(gradient: Array, changed: tuple[str, ...], sizes: Sequence[int]) -> Answer:
    """Finiteness is judged here, and named where it fails."""
    finite = np.isfinite(gradient)
    if finite.all():
        return Returned(gradient, changed)
    at = int(np.argmin(finite))
    start = 0
    for k, (inputs, outputs) in enumerate(pairwise(sizes)):
        for name, columns in zip(PARTS, (inputs, 1), strict=True):
            if at < start + outputs * columns:
                row, column = divmod(at - start, columns)
                nan = bool(np.isnan(gradient[at]))
                return Malformed(name, k, overflowed=True, nan=nan, at=(row, column))
            start += outputs * columns
    return Returned(gradient, changed)


def _malformed(header: dict[str, Any], sizes: Sequence[int]) -> Malformed:
    """What the part should be, and what it is."""
    found = header.get("found")
    found = found if isinstance(found, dict) else {}
    where, index = header.get("where"), header.get("index")
    depth = len(sizes) - 2
    if where not in PARTS:
        return Malformed("return", found=_found(found))
    if not isinstance(index, int) or not 0 <= index <= depth:
        return Malformed(where, wanted=depth + 1, found=_found(found))
    shape = (sizes[index + 1], sizes[index] if where == PARTS[0] else 1)
    return Malformed(where, index, shape, _found(found, shape))


def _found(found: dict[str, Any], wanted: tuple[int, ...] | None = None) -> Found:
    """As little of it as tells the difference: a shape, a dtype or a type."""
    kind, shape, dtype, length = (found.get(key) for key in ("type", "shape", "dtype", "length"))
    name = _text(kind, 60) or "something else"
    if isinstance(shape, list):
        numbers = tuple(int(each) for each in shape[:8] if isinstance(each, int))
        if wanted is not None and numbers != wanted:
            return Found(shape=numbers)
        return Found(dtype=_text(dtype, 40)) if wanted is not None else Found(name, numbers)
    return Found(name, length=length if isinstance(length, int) else None)


def _text(value: Any, cap: int) -> str:
    return value[:cap] if isinstance(value, str) else ""

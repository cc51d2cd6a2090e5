"""The questions about networks to a submission in its jail, and the meaning of its replies."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.errors import Crashed
from grader.judge.exchange import Question, read_raised, text
from grader.model.formulas import Formulas, Reduction
from grader.oracle.answers import Answer, Malformed, Raised, ReceivedForm, Returned
from grader.oracle.network import Array
from grader.oracle.suite import Suite, count
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.evidence import Evidence, Operand, Raising, ReturnedForm

if TYPE_CHECKING:
    from grader.judge.subject import JailReply

NAMES = ("all_weights", "all_biases", "all_f", "all_h", "y")
PARTS = ("all_dl_dweights", "all_dl_dbiases")
LISTS = (*PARTS, "all_dl_df", "all_dl_dh")

#: The header of nearly all replies.
_UNCHANGED = {"kind": "returned", "changed": []}


def loss_name(formulas: Formulas) -> str:
    """The name by which the jail knows the derivative of the loss that it offers to students."""
    return f"mean_{formulas.loss}" if formulas.reduction is Reduction.MEAN else str(formulas.loss)


@dataclass(frozen=True, slots=True)
class NetworksExchange:
    """The notebook's names, and networks as one frame of numbers."""

    assignment: Assignment
    others: tuple[str, ...] = ()
    classes: bool = False
    given: frozenset[str] = frozenset({"K", "d_loss_d_output", "indicator_function"})
    fixed: frozenset[str] = frozenset({"K"})
    lists: frozenset[str] = frozenset(LISTS)
    package: str = ""
    call: str = ""
    beside: tuple[str, ...] = ()
    arguments: frozenset[str] = frozenset(NAMES)
    results: frozenset[str] = frozenset({*PARTS, "return"})

    @property
    def function(self) -> str:
        """The name of the student's function."""
        return self.assignment.function

    def question(self, cases: Suite) -> Question:
        """The request about every network; it holds no derivative."""
        networks = [
            {"sizes": sizes, "columns": columns} for sizes, columns in zip(cases.sizes, cases.columns, strict=True)
        ]
        header = {"function": self.function, "loss": loss_name(self.assignment.formulas), "networks": networks}
        return Question(header, _numbers(cases), [8 * count(sizes) for sizes in cases.sizes])

    def observation(self, cases: Suite) -> Question:
        """The request for dW, db, df and dh of every network."""
        asked = self.question(cases)
        sizes = [_evidence_size(*form) for form in zip(cases.sizes, cases.columns, strict=True)]
        layers = [len(of) - 1 for of in cases.sizes]
        return Question({**asked.header, "evidence": True}, asked.payload, sizes, layers)

    def answers(self, cases: Suite, replies: Sequence["JailReply"]) -> list[Answer]:
        """The answers to the first of the networks; raises Crashed."""
        # What did not return has no payload: all numbers one after the other are looked at once.
        numbers = np.frombuffer(b"".join([reply.payload for reply in replies]), dtype="<f8")
        finite = bool(np.isfinite(numbers).all())
        answers: list[Answer] = []
        #: By the identity of their headers, which several replies may share.
        raised: dict[int, Raised] = {}
        start = 0
        for reply, sizes in zip(replies, cases.sizes, strict=False):
            stop = start + len(reply.payload) // numbers.itemsize
            if finite and reply.header == _UNCHANGED:
                answers.append(Returned(numbers[start:stop]))
            elif reply.header.get("kind") == "raised":
                at = id(reply.header)
                answers.append(raised.get(at) or raised.setdefault(at, read_raised(reply.header)))
            else:
                answers.append(_answer(reply, numbers[start:stop], sizes, finite=finite))
            start = stop
        return answers

    def evidence(self, cases: Suite, replies: Sequence["JailReply"]) -> list[Evidence]:  # noqa: ARG002 - the seam's
        """The lists that were written on the way for the first of the networks."""
        return [_evidence(reply) for reply in replies]


def _numbers(suite: Suite) -> bytes:
    """W, b, f, h and y of each network, one after the other."""
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
    return np.concatenate(parts).astype("<f8", copy=False).tobytes()


def _answer(reply: "JailReply", numbers: Array, sizes: Sequence[int], *, finite: bool) -> Answer:
    """Read the reply, believing nothing of its form."""
    header = reply.header
    match header.get("kind"):
        case "returned":
            changed = header.get("changed")
            names = tuple(name for name in NAMES if isinstance(changed, list) and name in changed) if changed else ()
            return Returned(numbers, names) if finite else _read_returned(numbers, names, sizes)
        case "malformed":
            return _read_malformed(header, sizes)
    message = "Its process sent something that is no answer."
    raise Crashed(message)


def _evidence_size(sizes: Sequence[int], columns: int) -> int:
    """Bytes of dW, db, df and dh of one network."""
    return 8 * (count(sizes) + columns * (sum(sizes[1:]) + sum(sizes[:-1])))


def _evidence(reply: "JailReply") -> Evidence:
    header = reply.header
    numbers = np.frombuffer(reply.payload, dtype="<f8")
    shared, within = (tuple(mark == "1" for mark in header[key]) for key in ("shared", "within"))
    raised, wrote = (None if header[key] is None else _raising(header[key]) for key in ("raised", "wrote"))
    return Evidence(
        header["ended"],
        ReturnedForm(header["form"]),
        header["status"],
        numbers,
        shared,
        raised,
        wrote,
        header["early"],
        within,
        header["returned"],
    )


def _raising(raising: dict[str, Any]) -> Raising:
    operands = tuple(
        Operand(
            text,
            kind,
            None if shape is None else tuple(shape),
            length,
            number,
            None if origin is None else tuple(origin),
        )
        for text, kind, shape, length, number, origin in raising["operands"]
    )
    inner = None if raising["inner"] is None else _raising(raising["inner"])
    return Raising(raising["cell"], raising["line"], raising["statement"], raising["part"], operands, inner)


def _read_returned(gradient: Array, changed: tuple[str, ...], sizes: Sequence[int]) -> Answer:
    """Return the gradient as an answer; malformed, with the first place, if it is not finite."""
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


def _read_malformed(header: dict[str, Any], sizes: Sequence[int]) -> Malformed:
    """Return the malformed answer: the form that the part should have, and the form that it has."""
    description = header.get("found")
    description = description if isinstance(description, dict) else {}
    where, index = header.get("where"), header.get("index")
    depth = len(sizes) - 2
    if where not in PARTS:
        return Malformed("return", received=_read_found(description))
    if not isinstance(index, int) or not 0 <= index <= depth:
        return Malformed(where, wanted=depth + 1, received=_read_found(description))
    shape = (sizes[index + 1], sizes[index] if where == PARTS[0] else 1)
    return Malformed(where, index, shape, _read_found(description, shape))


def _read_found(description: dict[str, Any], wanted: tuple[int, ...] | None = None) -> ReceivedForm:
    """Return as little of the description as shows the difference: a shape, a dtype or a type."""
    kind, shape, dtype, length = (description.get(key) for key in ("type", "shape", "dtype", "length"))
    name = text(kind, 60) or "something else"
    if isinstance(shape, list):
        numbers = tuple(int(length_of_axis) for length_of_axis in shape[:8] if isinstance(length_of_axis, int))
        if wanted is not None and numbers != wanted:
            return ReceivedForm(shape=numbers)
        return ReceivedForm(dtype=text(dtype, 40)) if wanted is not None else ReceivedForm(name, numbers)
    return ReceivedForm(name, length=length if isinstance(length, int) else None)

"""What the judge is tested on: a sum and a cube of products of two vectors, with a rubric of its own."""

# ruff: noqa: ARG002, D102 - arguments and meanings are those of `grader.contracts.judging.subject`

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from grader.contracts.cases.answers import Answer, Malformed, Raised, Returned
from grader.contracts.cases.arrays import Array
from grader.contracts.judging.marks import Given, RowSpec, SubjectMarks
from grader.contracts.judging.subject import ListWrite
from grader.contracts.judging.trial import KnownMistake, Trial
from grader.contracts.judging.witness import Witness
from grader.contracts.rows.agreement import AGREEMENT, PURE, all_wrong_entries
from grader.contracts.rows.row import Fails, Failure, Row
from grader.model.assignment import Feedback, Limits
from grader.model.records import CaughtMistake
from grader.model.verdict import (
    CaseCounterexample,
    CaseInput,
    CaseResult,
    FirstDifference,
    FirstWrong,
    Flag,
    Mark,
)

KIND = "toy"
RESULTS = ("total", "cube")

RIGHT = """
def spread(x, w):
    return np.sum(x * w), x[:, None, None] * w[None, :, None] * x[None, None, :]
"""


@dataclass(frozen=True, slots=True)
class ToyAssignment:
    """What was asked; of how many pairs and in which scale."""

    id: str = "toy-1"
    title: str = "Spread a vector"
    kind: str = KIND
    function: str = "spread"
    rubric: Mapping[str, int] = field(default_factory=lambda: {"total": 3, "cube": 5})
    limits: Limits = field(default_factory=Limits)
    feedback: Feedback = field(default_factory=Feedback)
    seed: int = 7
    templates: tuple[str, ...] = ()
    pairs: int = 30
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class ToyCases:
    """Pairs of vectors of the same length, and a sum and a cube of each."""

    inputs: tuple[tuple[Array, Array], ...]
    expected: Array
    tolerances: Array

    def __len__(self) -> int:
        return len(self.inputs)

    @cached_property
    def starts(self) -> list[int]:
        return [0, *accumulate(1 + len(x) ** 3 for x, _ in self.inputs)]

    @property
    def modules(self) -> list[int]:
        return [0] * len(self)

    def key(self, i: int) -> bytes:
        return b"".join(array.tobytes() for array in self.inputs[i])

    def take(self, places: Sequence[int]) -> "ToyCases":
        parts = [slice(self.starts[i], self.starts[i + 1]) for i in places]
        flat = [np.concatenate([numbers[part] for part in parts] or [np.zeros(0)]) for numbers in self._flat]
        return ToyCases(tuple(self.inputs[i] for i in places), *flat)

    def join(self, *more_cases: "ToyCases") -> "ToyCases":
        all_cases = (self, *more_cases)
        flat = [np.concatenate(parts) for parts in zip(*(cases_._flat for cases_ in all_cases), strict=True)]
        return ToyCases(tuple(pair for cases_ in all_cases for pair in cases_.inputs), *flat)

    @property
    def _flat(self) -> tuple[Array, Array]:
        return self.expected, self.tolerances


def cases(inputs: Sequence[tuple[Array, Array]], inconclusive: int | None = None) -> ToyCases:
    """The cases with these inputs; in one of them the last number of the cube is inconclusive."""
    expected = [
        np.append(np.sum(x * w), (x[:, None, None] * w[None, :, None] * x[None, None, :]).ravel()) for x, w in inputs
    ]
    flat = np.concatenate(expected)
    result = ToyCases(tuple(inputs), flat, 1e-9 * (1 + np.abs(flat)))
    if inconclusive is not None:
        at = result.starts[inconclusive + 1] - 1
        result.expected[at], result.tolerances[at] = np.nan, np.inf
    return result


@dataclass(frozen=True, slots=True)
class _Ours:
    """A function of ours, in our own process; its total is so far off."""

    off: float

    def answer(self, cases_: ToyCases) -> list[Answer]:
        right = cases(cases_.inputs)
        parts = [right.expected[right.starts[i] : right.starts[i + 1]].copy() for i in range(len(right))]
        for part in parts:
            part[0] += self.off
        return [Returned(part) for part in parts]


@dataclass(frozen=True)
class Toy:
    """The subject."""

    assignment: ToyAssignment
    cases: ToyCases
    noun: str = "pair"
    #: No jail is asked.
    exchange: Any = None

    @property
    def probes(self) -> ToyCases:
        return self.cases.take([])

    @property
    def order(self) -> list[int]:
        return sorted(range(len(self.cases)), key=lambda i: len(self.cases.inputs[i][0]))

    @property
    def rows(self) -> tuple[RowSpec, ...]:
        return (
            RowSpec(AGREEMENT, "Every number is right", 0),
            RowSpec("total", "The total", self.assignment.rubric["total"]),
            RowSpec("cube", "The cube", self.assignment.rubric["cube"]),
            RowSpec(PURE, "Leaves its vectors alone", 1),
        )

    def right(self, answers: int) -> dict[str, Row]:
        return {name: Row(Mark.PASSED, answers, "") for name in RESULTS}

    def marks(self, given: Given) -> SubjectMarks:
        answers, rows = given.answers, {}
        for name in RESULTS:
            fails = _fails(name)
            failing = tuple(i for i, wrong in enumerate(fails(self.cases, answers)) if wrong)
            mark = Mark.FAILED if failing else Mark.PASSED
            message = f"Wrong for {len(failing)} of {len(answers)} pairs." if failing else ""
            rows[name] = Row(mark, len(answers), message, failing, fails)
        raised_answers = [answer for answer in answers if isinstance(answer, Raised)]
        first = None
        if rows["cube"].failing and not rows["total"].failing:
            message = "The total is correct; the cube is the first wrong value."
            first = FirstDifference("cube", None, None, message, lists=("cube",), source="total")
        return SubjectMarks(
            rows, raised=raised_answers[0] if len(raised_answers) == len(answers) else None, first_difference=first
        )

    def flags(self, probed: Sequence[Answer], witness: Witness) -> list[Flag]:
        return []

    def smaller(self, i: int, failure: Failure, witness: Witness) -> ToyCases:
        """One of a few short vectors of ones, if it fails alike."""
        ladder = cases([(np.ones(n), 2 * np.ones(n)) for n in range(1, len(self.cases.inputs[i][0]) + 1)])
        keys = [ladder.key(place) for place in range(len(ladder))]
        witness.ask(keys, ladder.take)
        for place, key in enumerate(keys):
            pair = ladder.take([place])
            if key in witness.known and failure.is_shown_by(pair, [witness.known[key]]):
                return pair
        return self.cases.take([i])

    def show(self, cases: ToyCases, i: int, answer: Answer | None) -> CaseCounterexample:
        pair = cases.take([i])
        (x, w), n = pair.inputs[0], len(pair.inputs[0][0])
        wrong = all_wrong_entries(pair, [] if answer is None else [answer])
        numbers = answer.numbers if isinstance(answer, Returned) else None
        results, first = [], None
        for name, part, shape in (("total", slice(0, 1), ()), ("cube", slice(1, None), (n, n, n))):
            bad = wrong[part].reshape(shape)
            results.append(
                CaseResult(
                    name,
                    list(shape),
                    _nested(pair.expected[part].reshape(shape)),
                    None if numbers is None else _nested(numbers[part].reshape(shape)),
                    0 if numbers is None else int(bad.sum()),
                    None if numbers is None else bad.tolist(),
                )
            )
            if first is None and numbers is not None and bad.any():
                first = FirstWrong(name, [int(axis) for axis in np.argwhere(bad)[0]])
        inputs = tuple(CaseInput(name, [n], _nested(values)) for name, values in (("x", x), ("w", w)))
        return CaseCounterexample(
            KIND, {"n": n}, inputs, tuple(results), first, _instead(answer), _SCRIPT.format(x=x, w=w)
        )

    def describe_case(self, i: int) -> dict[str, Any]:
        return {"n": len(self.cases.inputs[i][0])}

    def trial(self) -> Trial:
        return Trial(_Ours(0.0), (KnownMistake("off", "adds one to the total", _Ours(1.0)),))

    def summary(self, mistakes: Sequence[CaughtMistake]) -> dict[str, Any]:
        return {"pairs": len(self.cases), "mistakes": [asdict(mistake) for mistake in mistakes]}

    def locate(self, first: FirstDifference | None, writes: Sequence[ListWrite]) -> FirstDifference | None:
        return first

    def explain_check(self, answers: Sequence[Answer], failing: Sequence[int], start: Any) -> None:
        return None


_SCRIPT = "import numpy as np\nprint(spread(np.{x!r}, np.{w!r}))\n"


def _fails(result: str) -> Fails:
    def fails(cases: ToyCases, answers: Sequence[Answer]) -> list[bool]:
        wrong = all_wrong_entries(cases, answers)
        starts = cases.starts
        at = [(start, start + 1) if result == "total" else (start + 1, stop) for start, stop in pairwise(starts)]
        return [bool(wrong[start:stop].any()) for start, stop in at]

    return fails


def _nested(values: Array) -> Any:
    nested = values.astype(object)
    nested[~np.isfinite(values)] = None
    return nested.tolist()


def _instead(answer: Answer | None) -> str | None:
    match answer:
        case Returned():
            return None
        case Malformed(where=where, wanted=wanted):
            return f"returned {where} in another shape than {wanted}"
        case Raised(type=name):
            return f"raised {name}"
    return "ended without an answer"


@dataclass(frozen=True, eq=False)
class ToyRevision:
    """An assignment with its cases."""

    assignment: ToyAssignment
    cases: ToyCases
    own_cases: bool = True
    kind: str = KIND
    #: No case of it is ever fresh.
    renewal: None = None

    @cached_property
    def subject(self) -> Toy:
        return Toy(self.assignment, self.cases)

    @property
    def assignment_json(self) -> str:
        return json.dumps(asdict(self.assignment), sort_keys=True)

    @property
    def cases_sha256(self) -> str:
        parts = [self.cases.key(i) for i in range(len(self.cases))]
        return hashlib.sha256(b"".join([*parts, self.cases.expected.tobytes()])).hexdigest()

    @property
    def id(self) -> str:
        return hashlib.sha256(f"{self.assignment_json}{self.cases_sha256}".encode()).hexdigest()[:16]


def draw_revision(assignment: ToyAssignment | None = None) -> ToyRevision:
    """As many pairs as the assignment wants, thirty by default; one of them has an inconclusive number."""
    assignment = assignment or ToyAssignment()
    rng = np.random.default_rng(assignment.seed)
    lengths = sorted((1, 2, 3, 4, 2)[i % 5] for i in range(assignment.pairs))
    pairs = [(assignment.scale * rng.standard_normal(n), rng.standard_normal(n)) for n in lengths]
    return ToyRevision(assignment, cases(pairs, inconclusive=min(20, len(pairs) - 1)))

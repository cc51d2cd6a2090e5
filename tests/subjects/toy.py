"""A toy subject: a sum and a cube of products, with a rubric of its own, no drawing and no diagnosis.

It has all that a subject needs and nothing more: whoever adds one begins here. The module is its `Kind`; run, it draws.
"""

# ruff: noqa: ARG001, ARG002, D102 - arguments and meanings are those of `grader.judge.subject` and `grader.subjects.subject_kind`

import hashlib
import io
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import Any

import numpy as np

from grader.errors import REFUSED, BadAssignment
from grader.judge.agreement import AGREEMENT, PURE, all_wrong_entries
from grader.judge.exchange import Question, read_raised
from grader.judge.marks import Given, RowSpec, SubjectMarks
from grader.judge.row import Fails, Failure, Row
from grader.judge.subject import JailReply, ListWrite
from grader.judge.trial import KnownMistake, Trial
from grader.judge.witness import Witness
from grader.model import stored
from grader.model.assignment import Feedback, Limits
from grader.model.packaged import ArchiveHeader
from grader.model.records import CaughtMistake
from grader.model.stored import read as from_json
from grader.model.survey import Survey
from grader.model.verdict import (
    CaseCounterexample,
    CaseInput,
    CaseResult,
    FirstDifference,
    FirstWrong,
    Flag,
    Mark,
)
from grader.model.words import KindWords
from grader.oracle.answers import Answer, Malformed, Raised, ReceivedForm, Returned
from grader.oracle.network import Array
from grader.subjects.workshop import Workshop

KIND = "toy"
WORDS = KindWords(
    noun="pair",
    numbers="products",
    compared=" by hand",
    truth="those by hand",
    passed="Your spread is right.",
    failed="Your spread is not right yet.",
    asked="It is run on thirty pairs.",
    results="The total and the cube",
    order=" in the cube",
    mistake="spreads",
    errs="spreads wrongly",
)
TITLES: Mapping[str, str] = MappingProxyType({"total": "The total", "cube": "The cube"})
CODE = r"spread\b"
PUBLIC_SETTINGS: tuple[str, ...] = ("pairs",)
PARTLY_RAISING = "cube"
RUNS_CODE = False
DRAWING = __name__
RESULTS = ("total", "cube")

RIGHT = """
def spread(x, w):
    return np.sum(x * w), x[:, None, None] * w[None, :, None] * x[None, None, :]
"""


@dataclass(frozen=True, slots=True)
class ToyAssignment:
    """What was asked; `pairs` and `scale` are settings that no other kind has."""

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
class ToyExchange:
    """Two vectors by their names, and two results."""

    function: str
    others: tuple[str, ...] = ()
    classes: bool = False
    given: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    package: str = ""
    call: str = ""
    beside: tuple[str, ...] = ()
    arguments: frozenset[str] = frozenset({"x", "w"})
    results: frozenset[str] = frozenset(RESULTS)

    def question(self, cases: ToyCases) -> Question:
        questions = []
        for x, _ in cases.inputs:
            n = len(x)
            questions.append(
                {"inputs": {"x": {"array": [n]}, "w": {"array": [n]}}, "results": [("total", []), ("cube", [n] * 3)]}
            )
        header = {"function": self.function, "code": f"total, cube = {self.function}(x, w)", "cases": questions}
        payload = b"".join(part.tobytes() for pair in cases.inputs for part in pair)
        return Question(header, payload, [8 * (1 + len(x) ** 3) for x, _ in cases.inputs])

    def observation(self, cases: ToyCases) -> Question:
        """Ask for the total alone, by another line: it is evidence even if the cube has another shape."""
        header, payload, *_ = self.question(cases)
        questions = [{**case, "results": [("total", [])]} for case in header["cases"]]
        code = f"total = {self.function}(x, w)[0]"
        return Question({**header, "code": code, "cases": questions}, payload, [8] * len(cases))

    def answers(self, cases: ToyCases, replies: Sequence[JailReply]) -> list[Answer]:
        return [_answer(reply, x) for reply, (x, _) in zip(replies, cases.inputs, strict=False)]

    def evidence(self, cases: ToyCases, replies: Sequence[JailReply]) -> list[float | None]:
        """Return the totals; None for a reply that is none."""
        return [float(np.frombuffer(reply.payload, "<f8")[0]) if reply.payload else None for reply in replies]


def _answer(reply: JailReply, x: Array) -> Answer:
    header = reply.header
    if header["kind"] == "raised":
        return read_raised(header)
    if header["kind"] == "malformed":
        shape, type_name = header["found"]["shape"], header["found"]["type"]
        shape_wanted = () if header["where"] == "total" else (len(x),) * 3
        return Malformed(
            header["where"], None, shape_wanted, ReceivedForm(type_name, None if shape is None else tuple(shape))
        )
    return Returned(np.frombuffer(reply.payload, "<f8"), tuple(header["changed"]))


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

    def evidence(self, cases: ToyCases) -> list[Any]:
        return []


@dataclass(frozen=True, slots=True)
class Lucky:
    """A function of ours that is right on these cases alone."""

    right_on: ToyCases

    def answer(self, cases_: ToyCases) -> list[Answer]:
        keys = {self.right_on.key(i) for i in range(len(self.right_on))}
        candidates = [_Ours(0.0 if cases_.key(i) in keys else 1.0) for i in range(len(cases_))]
        return [candidate.answer(cases_.take([i]))[0] for i, candidate in enumerate(candidates)]

    def evidence(self, cases: ToyCases) -> list[Any]:
        return []


@dataclass(frozen=True)
class Toy:
    """The subject."""

    assignment: ToyAssignment
    cases: ToyCases
    noun: str = WORDS.noun

    @property
    def probes(self) -> ToyCases:
        return self.cases.take([])

    @cached_property
    def exchange(self) -> ToyExchange:
        return ToyExchange(self.assignment.function)

    @property
    def order(self) -> list[int]:
        return sorted(range(len(self.cases)), key=lambda i: len(self.cases.inputs[i][0]))

    @property
    def rows(self) -> tuple[RowSpec, ...]:
        return (
            RowSpec(AGREEMENT, "Every number is right", 0),
            RowSpec("total", TITLES["total"], self.assignment.rubric["total"]),
            RowSpec("cube", TITLES["cube"], self.assignment.rubric["cube"]),
            RowSpec(PURE, "Leaves its vectors alone", 1),
        )

    def right(self, answers: int) -> dict[str, Row]:
        return {name: Row(Mark.PASSED, answers, "") for name in RESULTS}

    def marks(self, given: Given, witness: Witness) -> SubjectMarks:
        answers, rows = given.answers, {}
        for name in RESULTS:
            fails = _fails(name)
            failing = tuple(i for i, wrong in enumerate(fails(self.cases, answers)) if wrong)
            mark = Mark.FAILED if failing else Mark.PASSED
            message = f"Wrong for {len(failing)} of {len(answers)} pairs." if failing else ""
            rows[name] = Row(mark, len(answers), message, failing, fails)
        if any(isinstance(answer, Malformed) for answer in answers):
            totals = witness.candidate.evidence(self.cases)
            right = [self.cases.expected[start] for start in self.cases.starts[:-1]]
            if len(totals) == len(right) and np.allclose(np.array(totals, float), right):
                rows["total"] = Row(Mark.PASSED, len(answers), "Seen before the cube.")
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

    def describe_reached(self, i: int) -> tuple[str, None]:
        return f"It was at pair {i + 1} of {len(self.cases)}.", None

    def trial(self) -> Trial:
        mistake = KnownMistake("off", "adds one to the total", _Ours(1.0))
        return Trial(
            _Ours(0.0),
            (mistake, KnownMistake("none", "is right", _Ours(0.0))),
            (),
            lambda: cases([(np.ones(2), np.ones(2))]),
        )

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


def layout() -> int:
    return 2


def complete(settings: Mapping[str, Any]) -> dict[str, Any]:
    return stored.complete(ToyAssignment, settings)


def survey(revision: ToyRevision) -> Survey:
    counts = Counter(str(len(x)) for x, _ in revision.cases.inputs)
    return Survey({"pairs": len(revision.cases)}, (f"{len(revision.cases)} pairs",), (("lengths", counts),))


def read_header(data: bytes) -> ArchiveHeader:
    """Without NumPy a kind has to know where its JSON stands; the toy, which tests alone read, loads all of it."""
    revision = load(data)
    return ArchiveHeader(revision.id, revision.assignment_json, revision.cases_sha256, len(revision.cases))


def read(tables: Mapping[str, Any], name: str) -> ToyAssignment:
    """Without the checks of their values that a kind should have."""
    if unknown_keys := sorted(tables.keys() - {field.name for field in fields(ToyAssignment)}):
        raise BadAssignment(f"{name}: {unknown_keys[0]} is no key of a toy")
    return from_json(ToyAssignment, dict(tables))


def finish(data: bytes, name: str, workshop: Workshop, *, pool: bool) -> bytes:
    return data


def vary(assignment: ToyAssignment, seed: int | None, cases: int | None) -> ToyAssignment:
    seed, pairs = assignment.seed if seed is None else seed, assignment.pairs if cases is None else cases
    return replace(assignment, seed=seed, pairs=pairs)


def renewable(assignment: ToyAssignment) -> int:
    return 0


def propose_changes(assignment: ToyAssignment) -> Iterator[tuple[str, ToyAssignment]]:
    """None: whoever has no advice says nothing."""
    yield from ()


def dump(revision: ToyRevision) -> bytes:
    """As `load` reads it."""
    header = json.dumps({"format": 2, "kind": KIND, "assignment": revision.assignment_json}).encode()
    file = io.BytesIO()
    np.savez(
        file,
        header=np.frombuffer(header, np.uint8),
        lengths=np.array([len(x) for x, _ in revision.cases.inputs]),
        numbers=np.concatenate([part for pair in revision.cases.inputs for part in pair]),
        expected=revision.cases.expected,
        tolerances=revision.cases.tolerances,
    )
    return file.getvalue()


def load(data: bytes, name: str = "revision") -> ToyRevision:
    """The revision that `dump` wrote."""
    with np.load(io.BytesIO(data)) as archive:
        header = json.loads(archive["header"].tobytes())
        parts = np.split(archive["numbers"], np.cumsum(np.repeat(archive["lengths"], 2))[:-1])
        pairs = tuple(zip(parts[::2], parts[1::2], strict=True))
        cases_ = ToyCases(pairs, archive["expected"], archive["tolerances"])
    return ToyRevision(from_json(ToyAssignment, json.loads(header["assignment"])), cases_)


def main() -> None:
    """Read an assignment as JSON, write its revision; refuse what is too much."""
    assignment = from_json(ToyAssignment, json.loads(sys.stdin.read()))
    if assignment.pairs > 99:
        sys.stdout.write(json.dumps({"refused": "there are 99 pairs at most"}))
        sys.exit(REFUSED)
    sys.stdout.buffer.write(dump(draw_revision(assignment)))


if __name__ == "__main__":
    main()

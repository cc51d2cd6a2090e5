"""Programs that are made of a submission, run as any submission is: with more inputs, and with more results."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from backmark.grader.contracts.cases.answers import Candidate
from backmark.grader.contracts.cases.arrays import Array, Booleans
from backmark.grader.contracts.cases.contract_cases import ContractCases, ResultPlace, list_expressions
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.cases.exchange import ContractExchange, numbers_of
from backmark.grader.contracts.cases.question import Question
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.rows.agreement import find_wrong
from backmark.grader.contracts.values.recorded import RecordedSolution
from backmark.grader.contracts.values.work import Work
from backmark.grader.contracts.values.written import WrittenProgram

_PLAN, _ARRAYS, _LOG = "backmark_plan", "backmark_arrays", "backmark_log"
_BEGIN = f"{_LOG} = backmark_begin({_PLAN}, {_ARRAYS})\n"
_HOOKS = Path(__file__).with_name("hooks.py").read_text(encoding="utf-8")
#: Numbers that one request and its answers have, arrays that it gives, and turns of the `while` loops of one run.
_NUMBERS, _ARRAYS_SENT, _TURNS = 1 << 20, 1 << 14, 20_000
_Tried = TypeVar("_Tried")
#: Runs of several cases that are asked at once.
_TOGETHER = 64
#: Numbers of a log: most runs have few; no run is kept that has more.
ROOMS = (1 << 14, 1 << 18)

#: Asks for a program's sites, without edits.
SITED: Mapping[str, Any] = {"made": [], "hooked": True}

#: By case the arrays that take the place of a site's values, one after the other.
Given = Sequence[Sequence[Array]]


class Programs(Protocol):
    """The jails of a submission's programs, one at a time."""

    def write(self, wanted: Mapping[str, Any]) -> WrittenProgram:
        """Return a program made of the submission, none of which runs; raises CandidateError."""
        ...

    def record_solution(
        self, exchange: ContractExchange, cases: ContractCases, order: Sequence[int], sites: tuple[int, ...] = ()
    ) -> RecordedSolution:
        """Return the solution's values, recorded alone the first time, or anew at some sites; raises CandidateError."""
        ...

    def open(self, text: str, exchange: ContractExchange, *, alone: bool = False) -> AbstractContextManager[Candidate]:
        """Return a program in a jail, in which others of the submission may have run unless it is alone.

        Raises CandidateError.
        """
        ...

    def close(self) -> None:
        """End the jails."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program: its case, the values in other ones' place, and what is kept of it."""

    case: int
    #: By site the arrays that take the place of its values.
    given: Mapping[int, Sequence[Array]] = field(default_factory=dict)
    #: The sites whose values are kept (None: all), and the room for them; 0 for none.
    room: int = 0
    sites: tuple[int, ...] | None = None
    #: True if the values are kept whose place others take.
    raw: bool = False
    #: A site whose value is changed.
    disturbed: int = -1
    #: The place of the edit that is in force, from 1.
    variant: int = 0
    #: Turns that its loops may have, as far as they are counted.
    turns: int = _TURNS

    def bind(self, case: DrawnCase) -> DrawnCase:
        """Return the case with the inputs of this run."""
        arrays = [np.asarray(array, float) for own in self.given.values() for array in own]
        plan = {
            "given": [[site, len(own)] for site, own in self.given.items()],
            "room": self.room,
            "sites": None if self.sites is None else list(self.sites),
            "raw": self.raw,
            "disturbed": self.disturbed,
            "variant": self.variant,
            "most_turns": self.turns,
        }
        inputs = {
            **case.inputs,
            _PLAN: {"value": plan},
            _ARRAYS: {"list": [{"array": list(array.shape)} for array in arrays]},
        }
        numbers = np.concatenate([case.numbers, *(array.ravel() for array in arrays)])
        return DrawnCase(case.dims, inputs, numbers, case.corner)


class Ran(NamedTuple):
    """What came of a run: the results' numbers, NaN where there is none, and the log."""

    numbers: Array
    log: Array


class ProgramExchange(ContractExchange):
    """The exchange with a program that has sites or edits."""

    @classmethod
    def of(cls, assignment: ContractAssignment, cases: ContractCases, dtype: str = "float64") -> "ProgramExchange":
        """Return the exchange of a contract's programs, in double precision unless another is given."""
        changed = replace(
            assignment,
            call=_BEGIN + assignment.call,
            helpers=f"{assignment.helpers}\n{_HOOKS}" if assignment.helpers else _HOOKS,
        )
        return cls(changed, list_expressions(cases) | {_LOG}, dtype)

    def question(self, cases: ContractCases) -> Question:
        """Return the request about every case; nobody reads why a program raised."""
        asked = super().question(cases)
        return asked._replace(header={**asked.header, "unexplained": True})

    @cached_property
    def lists(self) -> frozenset[str]:
        """None: nobody asks which lines of a program write results, and to find them takes longer than to run it."""
        return frozenset()

    @cached_property
    def arguments(self) -> frozenset[str]:
        """Names of what may be changed in place."""
        return super().arguments | {_PLAN, _ARRAYS}


@dataclass
class Runner:
    """A program in its jail, and the work that is left for it and others of the same submission."""

    candidate: Candidate
    cases: ContractCases
    work: Work
    #: By case the turns of sites that a run has.
    turns: Sequence[int] = ()

    def run(self, runs: Iterable[Run]) -> list[Ran]:
        """Return what came of runs, which may be made as they are sent; raises CandidateError, OutOfWorkError."""
        return [ran for part in self._list_parts(runs) for ran in self._ask(part)]

    def _list_parts(self, runs: Iterable[Run]) -> Iterator[list[Run]]:
        """Yield runs that one request has, each counted as soon as it is made."""
        part: list[Run] = []
        numbers = arrays = 0
        for run in runs:
            own, given = self._count_numbers(run), sum(map(len, run.given.values()))
            turns = self.turns[run.case] if self.turns else 0
            self.work.take(runs=1, turns=turns, arrays=given, numbers=own)
            numbers, arrays = numbers + own, arrays + given
            if part and (numbers > _NUMBERS or arrays > _ARRAYS_SENT):
                yield part
                part, numbers, arrays = [], own, given
            part.append(run)
        if part:
            yield part

    def _count_numbers(self, run: Run) -> int:
        """Return the numbers of a run's question and answer."""
        starts, inputs = self.cases.starts, len(self.cases.drawn[run.case].numbers)
        given = sum(array.size for own in run.given.values() for array in own)
        return starts[run.case + 1] - starts[run.case] + run.room + given + inputs

    def _ask(self, runs: Sequence[Run]) -> list[Ran]:
        drawn = tuple(run.bind(self.cases.drawn[run.case]) for run in runs)
        layouts = tuple(
            (*self.cases.layouts[run.case], *([ResultPlace(_LOG, 0, (run.room,), "")] if run.room else []))
            for run in runs
        )
        nothing = np.zeros(0)
        asked = ContractCases(drawn, layouts, nothing, nothing, self.cases.provides)
        answers = self.candidate.answer(asked)
        ran = []
        for run, answer, start, stop in zip(runs, answers, asked.starts, asked.starts[1:], strict=False):
            numbers = numbers_of(answer, stop - start)
            ran.append(Ran(numbers[: stop - start - run.room], numbers[stop - start - run.room :]))
        return ran


@dataclass(frozen=True)
class Results:
    """The results of cases, each right or wrong by itself; of a list also all but its first, and all but its last."""

    cases: ContractCases

    @cached_property
    def parts(self) -> list[dict[int, list[slice]]]:
        """By case and declared result the parts of its numbers."""
        starts = self.cases.starts
        parts: list[dict[int, list[slice]]] = [{} for _ in self.cases.layouts]
        for case, place, part in self.cases.slices():
            moved = slice(part.start - starts[case], part.stop - starts[case])
            parts[case].setdefault(place.result, []).append(moved)
        return parts

    @cached_property
    def _units(self) -> list[list[list[slice]]]:
        """By case and unit the parts of its numbers."""
        by_case: list[list[list[slice]]] = []
        parts = self.parts
        several = {result for own in parts for result, listed in own.items() if len(listed) > 1}
        results = sorted({result for own in parts for result in own})
        for own in parts:
            units = []
            for result in results:
                listed = own.get(result, [])
                units += [listed, listed[1:], listed[:-1]] if result in several else [listed]
            by_case.append(units)
        return by_case

    def judge(self, case: int, ran: Ran) -> tuple[bool, ...]:
        """Return for each unit True if it is right in a run of a case."""
        start, stop = self.cases.starts[case], self.cases.starts[case + 1]
        wrong = find_wrong(ran.numbers, self.cases.expected[start:stop], self.cases.tolerances[start:stop])
        return tuple(not any(wrong[part].any() for part in unit) for unit in self._units[case])

    def find_changed(self, case: int, before: Ran, after: Ran) -> set[int]:
        """Return the units of which any number differs between two runs of a case."""
        same = _find_same(before, after)
        return {place for place, unit in enumerate(self._units[case]) if not all(same[part].all() for part in unit)}

    def find_changed_results(self, case: int, before: Ran, after: Ran) -> set[int]:
        """Return the declared results of which any number differs between two runs of a case."""
        same = _find_same(before, after)
        return {result for result, parts in self.parts[case].items() if not all(same[part].all() for part in parts)}


def keep_right(
    runner: Runner, results: Results, cases: Sequence[int], tried: Sequence[_Tried], make: Callable[[_Tried, int], Run]
) -> list[_Tried]:
    """Return what of all that is tried makes every result right in all of some cases; `make` makes a run of one."""
    kept, left = list(tried), list(cases)
    while kept and left:
        # Most are wrong in the first case already; what is left is asked about many at once.
        now = left[: max(1, _TOGETHER // len(kept))]
        left = left[len(now) :]
        ran = iter(runner.run(make(each, case) for each in kept for case in now))
        good = [[all(results.judge(case, next(ran))) for case in now] for _ in kept]
        kept = [each for each, own in zip(kept, good, strict=True) if all(own)]
    return kept


def _find_same(before: Ran, after: Ran) -> Booleans:
    with np.errstate(all="ignore"):
        near = np.abs(before.numbers - after.numbers) <= 1e-9 + 1e-6 * np.abs(before.numbers)
    missing = np.isnan(before.numbers) & np.isnan(after.numbers)
    return np.asarray(near | missing | (before.numbers == after.numbers))

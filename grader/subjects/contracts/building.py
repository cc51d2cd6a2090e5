"""From drawn cases to a revision: the reference is run and differentiated, and the solution and the mistakes are tried.

All code of the assignment's author runs in the workshop's jails; numbers come back.
"""

import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.errors import BadAssignment, CandidateError, SubmissionError
from grader.judge.agreement import disagreeing
from grader.oracle.answers import Answer, Malformed, Raised, Returned
from grader.oracle.network import Array
from grader.subjects.contracts import trees
from grader.subjects.contracts.assignment import ContractAssignment, Solution
from grader.subjects.contracts.cases import ContractCases, Layout, ResultPlace, list_expressions
from grader.subjects.contracts.drawn import DrawnCase
from grader.subjects.contracts.exchange import (
    ContractExchange,
    ReferenceCases,
    ReferenceExchange,
    numbers_of,
)
from grader.subjects.contracts.expressions import ExpressionError
from grader.subjects.contracts.layout import IndexedResult, find, list_results, split_target
from grader.subjects.contracts.mistakes import describe_forms
from grader.subjects.contracts.tolerance import MOVED, RUNS, tolerances
from grader.subjects.contracts.words import describe_form, describe_shape
from grader.subjects.workshop import Workshop

#: Cases of one question to a jail.
_AT_ONCE = 20
#: Numbers of one case that the reference gives, or that make up its results, and numbers in all; terms of a loss. They
#: come out of a jail, which may send as many as it is asked for.
_MOST_OF_CASE, _MOST_IN_ALL, _MOST_TERMS = 1 << 16, 1 << 21, 16
#: Characters of a list of names or dims in a message, and of an output's name.
_LONGEST_LIST, _LONGEST_NAME = 300, 100
#: The part of the drawn cases whose outputs may be other than finite numbers.
_UNUSABLE = 0.2


@dataclass(frozen=True, slots=True)
class Tried:
    """A source of the author's, tried: the numbers of its answers to the cases, and where they are wrong."""

    numbers: Array
    wrong: tuple[int, ...]
    #: By case what came in the place of numbers.
    forms: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Built:
    """All that an assignment's code showed of drawn cases."""

    cases: ContractCases
    ladder: ContractCases
    #: By mistake.
    mistakes: Mapping[str, Tried]
    #: The names of the objective's terms, or of the upstream gradients.
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Passed:
    """A case with what the reference gave of it."""

    case: DrawnCase
    outputs: Mapping[str, Any]
    taps: Mapping[str, Any]


def build(
    assignment: ContractAssignment, drawn: Sequence[DrawnCase], ladder: Sequence[DrawnCase], workshop: Workshop
) -> Built:
    """Return judged cases; raises BadAssignment with a sentence about whatever keeps it from being used."""
    builder = _Builder(assignment, workshop)
    passed = builder.run_reference([*drawn, *ladder])
    usable = [entry for entry in passed[: len(drawn)] if _is_finite(entry)]
    if len(usable) < min(len(drawn) * (1 - _UNUSABLE), assignment.cases):
        raise BadAssignment(
            f"the reference gave numbers that are not finite for {len(drawn) - len(usable)} of {len(drawn)} drawn"
            " cases: change the dims or the values of its inputs"
        )
    small = [entry for entry in passed[len(drawn) :] if _is_finite(entry)]
    chosen = usable[: assignment.cases]
    cases = builder.judge([*chosen, *small])
    count = len(chosen)
    main, rungs = cases.take(range(count)), cases.take(range(count, len(cases)))
    mistakes = {
        mistake.id: builder.attempt(f"mistakes/{mistake.id}.py", mistake.source, main)
        for mistake in assignment.mistakes
    }
    return Built(main, rungs, mistakes, builder.terms(passed))


@dataclass(frozen=True, slots=True)
class _Builder:
    assignment: ContractAssignment
    workshop: Workshop

    def run_reference(self, drawn: Sequence[DrawnCase]) -> list[_Passed]:
        """Run the reference on the cases, each of them twice."""
        lengths = self._ask_reference("length", ReferenceCases(drawn, [1] * len(drawn)))
        sizes = [self._size(answer) for answer in lengths]
        if sum(sizes) > _MOST_IN_ALL:
            raise BadAssignment(
                f"the reference returns and taps {sum(sizes):,} numbers for {len(drawn)} cases; at most"
                f" {_MOST_IN_ALL:,} are taken: let dims be smaller, or ask for fewer cases"
            )
        rows = self._ask_reference("values", ReferenceCases(drawn, sizes))
        passed = []
        for case, answer in zip(drawn, rows, strict=True):
            try:
                passed.append(_Passed(case, *_read_pass(numbers_of(answer, 0))))
            except (TypeError, ValueError) as error:
                message = f"the reference's outputs cannot be used: {error}"
                raise BadAssignment(message) from error
        return passed

    def _size(self, answer: Answer) -> int:
        if isinstance(answer, Returned):
            if answer.changed:
                names = ", ".join(answer.changed)
                raise BadAssignment(f"the reference writes into its input {names}: let it make a copy")
            size = float(answer.numbers[0])
            if not 1 <= size <= _MOST_OF_CASE:
                raise BadAssignment(
                    f"the reference returns and taps {size:,.0f} numbers for a case; at most {_MOST_OF_CASE:,} are"
                    " taken: let dims be smaller"
                )
            return int(size)
        raise BadAssignment("the reference gave no numbers")

    def _ask_reference(self, asks: str, cases: ReferenceCases) -> list[Answer]:
        exchange = ReferenceExchange(self.assignment, asks)
        answers: list[Answer] = []
        for start in range(0, len(cases), _AT_ONCE):
            places = range(start, min(start + _AT_ONCE, len(cases)))
            part = ReferenceCases(
                [cases.drawn[i] for i in places],
                [cases.sizes[i] for i in places],
                [cases.places[i] for i in places] if cases.places else (),
                cases.terms,
            )
            answers += self._ask("reference.py", self.assignment.reference, exchange, part)
        for case, answer in zip(cases.drawn, answers, strict=True):
            if isinstance(answer, Raised):
                raise BadAssignment(f"reference.py raised {_describe_error(answer)} (with {_describe_dims(case)})")
        return answers

    def _ask(self, filename: str, source: str, exchange: Any, cases: Any) -> list[Answer]:
        try:
            return list(self.workshop.ask(source, filename, exchange, cases))
        except SubmissionError as error:
            message = f"{filename}: {error}"
            raise BadAssignment(message) from error
        except CandidateError as error:
            message = f"{filename} ended before it had answered: {error}"
            raise BadAssignment(message) from error

    def judge(self, passed: Sequence[_Passed]) -> ContractCases:
        """Return the cases with what is expected of them, and the tolerance that a right solution needs."""
        layouts = [self._layout(entry) for entry in passed]
        bound = [self._bind(entry, place) for place, entry in enumerate(passed)]
        terms = self.terms(passed)
        numbers = (len(terms) + 2) * sum(place.size for layout in layouts for place in layout)
        if numbers > _MOST_IN_ALL:
            raise BadAssignment(
                f"the results of {len(passed)} cases, by {len(terms)} terms of the objective, take {numbers:,} numbers;"
                f" at most {_MOST_IN_ALL:,} are taken: let dims be smaller, or ask for fewer cases"
            )
        derivatives = self._differentiate(bound, layouts, terms)
        expected, uncertainty, parts = [np.zeros(0)], [np.zeros(0)], [np.zeros((len(terms), 0))]
        for entry, layout, gradients in zip(passed, layouts, derivatives, strict=True):
            scales = [indexed.scale for indexed in list_results(self.assignment, entry.case.dims)]
            for place, scale in zip(layout, scales, strict=True):
                if place.target in gradients:
                    rows = gradients[place.target] * scale
                    expected.append(rows[-2])
                    uncertainty.append(np.abs(rows[-1]))
                    parts.append(rows[:-2])
                else:
                    expected.append(_read_value(entry, place.target).ravel())
                    uncertainty.append(np.zeros(place.size))
                    parts.append(_read_terms(entry, place, terms))
        flat = np.concatenate(expected)
        cases = ContractCases(
            tuple(bound),
            tuple(layouts),
            flat,
            np.zeros(len(flat)),
            np.concatenate(parts, axis=1),
            self.assignment.provides,
        )
        return self._measure(cases, np.concatenate(uncertainty))

    def _layout(self, entry: _Passed) -> Layout:
        """Return the results of a case with their shapes; raises BadAssignment."""
        known = {**entry.case.values(), **entry.taps}
        try:
            results = list(list_results(self.assignment, entry.case.dims))
        except ExpressionError as error:
            message = f"results: {error} (with {_describe_dims(entry.case)})"
            raise BadAssignment(message) from error
        places = tuple(_locate(entry, known, indexed) for indexed in results)
        if sum(place.size for place in places) > _MOST_OF_CASE:
            raise BadAssignment(
                f"the results of a case have more than {_MOST_OF_CASE:,} numbers (with {_describe_dims(entry.case)}):"
                " let dims be smaller"
            )
        return places

    def _bind(self, entry: _Passed, place: int) -> DrawnCase:
        """Return the case with upstream gradients and given outputs among its inputs."""
        more: dict[str, Any] = {}
        for name, output in self.assignment.upstream.items():
            value = self._output(entry, f"upstream.{name}", output)
            try:
                shape = np.asarray(value, np.float64).shape
            except (TypeError, ValueError) as error:
                message = f"upstream.{name} names {output}, which is no array of numbers"
                raise BadAssignment(message) from error
            rng = np.random.default_rng([self.assignment.seed, place, zlib.crc32(name.encode())])
            more[name] = np.asarray(rng.normal(size=shape)).astype(np.float32).astype(np.float64)
        for name in self.assignment.given:
            more[name] = self._output(entry, "call.given", name)
        return entry.case.bind(more)

    def _output(self, entry: _Passed, key: str, name: str) -> Any:
        try:
            return find(entry.outputs, name)
        except (LookupError, TypeError, ValueError) as error:
            there = _list_names(entry.outputs)
            message = f"{key} names {name}, which the reference does not return; it returns {there}"
            raise BadAssignment(message) from error

    def terms(self, passed: Sequence[_Passed]) -> tuple[str, ...]:
        """Return the names of the objective's terms: upstream gradients, or the parts of the loss."""
        if self.assignment.upstream:
            return tuple(self.assignment.upstream)
        if not any(result.grad or result.value == "loss" for result in self.assignment.results):
            return ("loss",)
        names = {self._read_loss(entry) for entry in passed}
        if len(names) > 1:
            raise BadAssignment("the reference's loss has other terms in one case than in another: name all in each")
        return names.pop()

    def _read_loss(self, entry: _Passed) -> tuple[str, ...]:
        """Return the names of the terms of a case's loss, each of which must be a number."""
        loss = self._output(entry, "results", "loss")
        if not isinstance(loss, dict):
            return ("loss",)
        if not (
            0 < len(loss) <= _MOST_TERMS
            and all(isinstance(name, str) and len(name) <= _LONGEST_NAME for name in loss)
            and all(map(_is_number, loss.values()))
        ):
            raise BadAssignment(
                f"the reference's loss must be a number, or from 1 to {_MOST_TERMS} numbers by their names"
            )
        return tuple(loss)

    def _differentiate(
        self, bound: Sequence[DrawnCase], layouts: Sequence[Layout], terms: tuple[str, ...]
    ) -> list[dict[str, Array]]:
        """Return by case and target the derivatives: a row a term, one of the objective, one of their uncertainty."""
        results = self.assignment.results
        wanted, sizes = [], []
        for layout in layouts:
            targets = {place.target: place.shape for place in layout if results[place.result].grad}
            wanted.append(targets)
            sizes.append((len(terms) + 2) * sum(math.prod(shape) for shape in targets.values()))
        inputs = {entry.name for entry in self.assignment.inputs}
        places = [[(*self._place(target, inputs), shape) for target, shape in targets.items()] for targets in wanted]
        answers = self._ask_reference("derivatives", ReferenceCases(bound, sizes, places, terms))
        derivatives = []
        for answer, targets in zip(answers, wanted, strict=True):
            rest, gradients = numbers_of(answer, 0), {}
            for target, shape in targets.items():
                size = int(np.prod(shape))
                gradients[target] = rest[: (len(terms) + 2) * size].reshape(len(terms) + 2, size)
                rest = rest[(len(terms) + 2) * size :]
            derivatives.append(gradients)
        return derivatives

    def _place(self, target: str, inputs: set[str]) -> tuple[str, list[int]]:
        name, path = split_target(target)
        return (name, path) if name in inputs else (target, [])

    def _measure(self, cases: ContractCases, uncertainty: Array) -> ContractCases:
        """Return the cases with tolerances that let solutions pass in single precision; each must be right itself."""
        solutions = [Solution("solution.py", self.assignment.solution), *self.assignment.other_solutions]
        double = {solution: self._solve(cases, solution) for solution in solutions}
        noises = [self._measure_noise(cases, solution, answers) for solution, answers in double.items()]
        noise = np.asarray(np.max(noises, axis=0), np.float64)
        expected, allowed = tolerances(cases, noise, uncertainty)
        measured = replace(cases, expected=expected, tolerances=allowed)
        for solution, answers in double.items():
            wrong = np.flatnonzero(disagreeing(measured, answers))
            if len(wrong):
                first = int(wrong[0])
                raise BadAssignment(self._disagreement(solution.name, measured, first, answers[first], len(wrong)))
        return measured

    def _solve(self, cases: ContractCases, solution: Solution) -> list[Answer]:
        """Return a solution's answers in double precision; it must return every result in its shape."""
        answers = self._answers(solution.name, solution.source, cases, "float64")
        for i, answer in enumerate(answers):
            if not isinstance(answer, Returned):
                dims = _describe_dims(cases.drawn[i])
                raise BadAssignment(f"{solution.name} {_describe_answer(answer)} (with {dims})")
        return answers

    def _measure_noise(self, cases: ContractCases, solution: Solution, double: Sequence[Answer]) -> Array:
        """Return for each number how far a solution is off in single precision, with inputs moved a little or not."""
        rng = np.random.default_rng(self.assignment.seed)
        sizes = np.diff(cases.starts).tolist()
        flat = _join(double, sizes)
        runs = []
        for run in range(RUNS):
            moved = cases if run == 0 else _move(cases, rng)
            runs.append(_join(self._answers(solution.name, solution.source, moved, "float32"), sizes))
        noise = np.max([np.abs(run - flat) for run in runs], axis=0)
        return np.asarray(np.where(np.isfinite(noise), noise, 0.0), np.float64)

    def _answers(self, filename: str, source: str, cases: ContractCases, dtype: str) -> list[Answer]:
        exchange = ContractExchange(self.assignment, list_expressions(cases), dtype)
        return self._ask(filename, source, exchange, cases)

    def _disagreement(self, name: str, cases: ContractCases, i: int, answer: Answer, count: int) -> str:
        entry = cases.take([i])
        got = numbers_of(answer, entry.starts[-1])
        for _, place, part in entry.slices():
            off = ~(np.abs(got[part] - entry.expected[part]) <= entry.tolerances[part]) & ~np.isnan(
                entry.expected[part]
            )
            if off.any():
                at = int(np.flatnonzero(off)[0])
                index = ", ".join(str(axis) for axis in np.unravel_index(at, place.shape))
                return (
                    f"{name} is not right on {count} of {len(cases)} cases: with {_describe_dims(entry.drawn[0])},"
                    f" {place.expression}[{index}] is {got[part][at]:.6g}, and {entry.expected[part][at]:.6g} by the"
                    " reference. If only the convention differs, say so with scale"
                )
        return f"{name} is not right"

    def attempt(self, filename: str, source: str, cases: ContractCases) -> Tried:
        """Try a mistake; it must answer most cases, twice alike."""
        answers = self._answers(filename, source, cases, self.assignment.dtype)
        sizes = np.diff(cases.starts).tolist()
        numbers = _join(answers, sizes)
        if all(isinstance(answer, Raised) for answer in answers):
            raise BadAssignment(f"{filename} {_describe_answer(answers[0])} on every case: that is no evidence of it")
        wrong = tuple(np.flatnonzero(disagreeing(cases, answers)).tolist())
        return Tried(numbers, wrong, describe_forms(answers))


def _join(answers: Sequence[Answer], sizes: Sequence[int]) -> Array:
    """Return the numbers of answers one after the other, NaN for those that there are not."""
    return np.concatenate([np.zeros(0), *map(numbers_of, answers, sizes)])


def _move(cases: ContractCases, rng: np.random.Generator) -> ContractCases:
    """Return the cases with each number of their inputs moved by about one unit of single precision."""
    drawn = tuple(
        DrawnCase(
            case.dims,
            case.inputs,
            np.where(
                case.numbers == np.round(case.numbers),
                case.numbers,
                case.numbers * (1 + MOVED * rng.choice([-1.0, 1.0], len(case.numbers))),
            ),
            case.corner,
        )
        for case in cases.drawn
    )
    return replace(cases, drawn=drawn)


def _read_pass(row: Array) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return outputs and tapped values, each by its name; raises ValueError."""
    value = trees.read(row)
    if not (isinstance(value, list) and len(value) == 2 and all(isinstance(part, dict) for part in value)):
        raise ValueError("they are no outputs by their names")
    outputs, taps = value
    for name in (*outputs, *taps):
        if not (isinstance(name, str) and len(name) <= _LONGEST_NAME and name.isprintable()):
            raise ValueError(f"{_clip(repr(name))} is no name of an output or a tapped value")
    return outputs, taps


def _locate(entry: _Passed, known: Mapping[str, Any], indexed: IndexedResult) -> ResultPlace:
    """Return a result with its shape; raises BadAssignment."""
    result = indexed.result
    try:
        value = find(known, indexed.target) if result.grad else _read_value(entry, indexed.target)
        return ResultPlace(indexed.expression, indexed.place, np.asarray(value).shape, indexed.target)
    except _NoNumbersError as error:
        message = f"results.{result.expression}: {error}"
        raise BadAssignment(message) from error
    except (LookupError, TypeError, ValueError) as error:
        kind = "input or tapped value" if result.grad else "output of the reference"
        message = (
            f"results.{result.expression}: {_clip(indexed.target)} is no {kind} (with {_describe_dims(entry.case)});"
            f" there are {_list_names(known if result.grad else entry.outputs)}"
        )
        raise BadAssignment(message) from error


class _NoNumbersError(TypeError):
    """An output that is no array of numbers."""


def _read_value(entry: _Passed, target: str) -> Array:
    """Return an output as numbers, a loss that is given in terms as their sum; raises _NoNumbersError, LookupError."""
    value = find(entry.outputs, target)
    if target == "loss" and isinstance(value, dict):
        value = sum(value.values())
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        message = (
            f"the reference's output {target} is a {type(value).__name__} that is no array of numbers: name a part"
            f" of it, such as {target}[0], or return its numbers under a name of their own"
        )
        raise _NoNumbersError(message) from error


def _read_terms(entry: _Passed, place: ResultPlace, terms: Sequence[str]) -> Array:
    """Return the terms of a loss that is a result; zeros for other outputs."""
    value = entry.outputs.get(place.target)
    if place.target == "loss" and isinstance(value, dict) and set(terms) == set(value):
        return np.array([[value[term]] for term in terms], np.float64)
    return np.zeros((len(terms), place.size))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, np.ndarray) and not value.ndim)


def _is_finite(entry: _Passed) -> bool:
    return all(map(_all_finite, entry.outputs.values())) and all(map(_all_finite, entry.taps.values()))


def _all_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_all_finite, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_all_finite, value))
    return value is None or isinstance(value, str) or bool(np.isfinite(value).all())


def _describe_error(raised: Raised) -> str:
    line = f" on line {raised.frames[-1].line}" if raised.frames else ""
    return f"{raised.type}{line}: {raised.message}"


def _describe_answer(answer: Answer) -> str:
    if isinstance(answer, Raised):
        return f"raised {_describe_error(answer)}"
    if isinstance(answer, Malformed) and answer.received is not None:
        form = describe_form(answer.received)
        return f"makes of {answer.where} {form} where {describe_shape(answer.wanted)} is expected"
    return "gave no numbers"


def _describe_dims(case: DrawnCase) -> str:
    return _clip(", ".join(f"{name} = {value}" for name, value in case.dims.items()))


def _list_names(names: Iterable[str]) -> str:
    return _clip(", ".join(sorted(names))) or "none"


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST_LIST else f"{text[:_LONGEST_LIST]}..."

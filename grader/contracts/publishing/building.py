"""From drawn cases to a revision: the reference is run and differentiated, solutions and mistakes are tried.

All code of the assignment's author runs in the workshop's jails; numbers come back.
"""

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.choosing import CaseChoice
from backmark.grader.contracts.cases.contract_cases import ContractCases, Layout, ResultPlace, find_holders
from backmark.grader.contracts.cases.drawn import SIMPLE, DrawnCase
from backmark.grader.contracts.cases.layout import IndexedResult, fill, find, list_results
from backmark.grader.contracts.cases.values import SIMPLEST, VARIED, draw
from backmark.grader.contracts.judging.notebook_check import CheckComparison
from backmark.grader.contracts.judging.proven_statement import ProvenStatement
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.expressions import ExpressionError
from backmark.grader.contracts.publishing.author_code import clip, describe_dims, list_names
from backmark.grader.contracts.publishing.proof import RowTrial, list_commented
from backmark.grader.contracts.publishing.reference_run import (
    LONGEST_NAME,
    MOST_IN_ALL,
    MOST_OF_CASE,
    PassedCase,
    ReferenceRun,
    count_questions,
    is_finite,
    measure,
)
from backmark.grader.contracts.publishing.solutions import SolutionTrial, Tried
from backmark.grader.contracts.publishing.tolerance import RUNS, find_settled, is_rough
from backmark.grader.contracts.publishing.workshop import Workshop
from backmark.grader.errors import BadAssignment

#: Terms of a loss.
_MOST_TERMS = 16
#: Cases that are differentiated for each that decides.
_JUDGED = 1.25
#: The rounding of a finite difference that its uncertainty does not know of, as the objective is a sum that cancels.
_ROUNDING = 1e-11
#: Cases of simple numbers with the same dims and signs of what is expected, and with the same dims.
_ALIKE, _OF_DIMS = 2, 10
#: The part of the drawn cases whose outputs may be other than finite numbers.
_UNUSABLE = 0.2
#: How many times larger than in all others the numbers of a case of values on purpose may be.
_FAR = 4.0


@dataclass(frozen=True, slots=True)
class Built:
    """All that an assignment's code showed of drawn cases."""

    cases: ContractCases
    ladder: ContractCases
    #: Cases that tell who computes a forward pass of their own.
    probes: ContractCases
    #: By mistake.
    mistakes: Mapping[str, Tried]
    #: The names of the objective's terms, or of the upstream gradients.
    terms: tuple[str, ...]
    #: The statements of solutions that count for rows.
    statements: tuple[ProvenStatement, ...] = ()
    #: By edit of these the places of the cases that catch it.
    proofs: tuple[frozenset[int], ...] = ()
    #: The results that are items of lists in all solutions.
    listed: tuple[str, ...] = ()


def build(
    assignment: ContractAssignment,
    drawn: Sequence[DrawnCase],
    ladder: Sequence[DrawnCase],
    workshop: Workshop,
    *,
    pool: bool = False,
) -> Built:
    """Return judged cases; raises BadAssignment with a sentence about whatever keeps it from being used.

    Of a pool the cases are left out on which a solution is not right: by them nobody is to be judged.
    """
    own = [case for case in ladder if case.corner != SIMPLE]
    simple = [case for case in ladder if case.corner == SIMPLE]
    workshop.expect(_count_runs(assignment, len(drawn), len(own), len(simple), pool=pool))
    reference, trial = ReferenceRun(assignment, workshop), SolutionTrial(assignment, workshop, lenient=pool)
    spare = 0 if pool else len(drawn) - 2 * assignment.cases
    passed = reference.run([*drawn, *own], spare)
    split = len(passed) - len(own)
    usable = _take_usable(passed[:split], assignment.cases)
    small = [entry for entry in passed[split:] if is_finite(entry)]
    # Some of all are chosen to be judged, and of these some to decide, once it is known which edits they catch. Of a
    # pool none is chosen.
    choice = None if pool else _choose_judged(assignment, usable)
    judged = [usable[place] for place in choice.places] if choice else usable[: assignment.cases]
    cases, sound = trial.measure(*_Expectations(assignment, reference).judge([*judged, *small]))
    count = len(judged)
    places = _leave_out_rough(cases, np.flatnonzero(sound[:count]).tolist(), assignment.cases)
    main, own_rungs = cases.take(places), cases.take(range(count, len(cases)))
    assignment = replace(assignment, listed=trial.find_listed(main))
    trial = replace(trial, assignment=assignment)
    rungs = _order(ladder, _judge_simple(assignment, simple, workshop, cases.take([])).join(own_rungs))
    statements: tuple[ProvenStatement, ...] = ()
    proofs: tuple[frozenset[int], ...] = ()
    if choice:
        main, statements, proofs = _choose(assignment, main, choice.take(places, assignment.cases), workshop)
    if assignment.check is not None:
        trial.try_check(CheckComparison(assignment, assignment.check, main))
    mistakes = {
        mistake.id: trial.attempt(f"the mistake {mistake.id}", mistake.source, main, rungs)
        for mistake in assignment.mistakes
    }
    return Built(
        *(main, rungs, trial.find_probes(rungs), mistakes, _Expectations(assignment, reference).terms(passed)),
        *(statements, proofs, assignment.listed),
    )


def _take_usable(passed: Sequence[PassedCase], wanted: int) -> list[PassedCase]:
    """Return the cases on which all numbers of the reference are finite; raises BadAssignment if many are not.

    On values on purpose they need not be, and such a case is left out if they are far larger than in all others: right
    code in another style, or in single precision, may overflow there. It is enough if there are as many as are wanted.
    """
    plain = [is_finite(entry) for entry in passed if entry.case.corner not in VARIED]
    if sum(plain) < min(len(plain) * (1 - _UNUSABLE), wanted):
        raise BadAssignment(
            f"the reference returned numbers that are not finite for {len(plain) - sum(plain)} of {len(plain)} drawn"
            " cases: change the dims or the values of its inputs"
        )
    usable = [(entry, measure(entry)) for entry in passed if is_finite(entry)]
    most: dict[tuple[str, str], float] = {}
    for entry, sizes in usable:
        if entry.case.corner not in VARIED:
            most |= {name: max(size, most.get(name, 0.0)) for name, size in sizes.items()}
    return [
        entry
        for entry, sizes in usable
        if entry.case.corner not in VARIED or all(size <= _FAR * most.get(name, 0.0) for name, size in sizes.items())
    ]


def _leave_out_rough(cases: ContractCases, places: Sequence[int], wanted: int) -> Sequence[int]:
    """Return the places of cases of which single precision keeps enough, if these are as many as are wanted."""
    kept = [place for place in places if not is_rough(cases.take([place]))]
    return kept if len(kept) >= wanted else places


def _judge_simple(
    assignment: ContractAssignment, drawn: Sequence[DrawnCase], workshop: Workshop, none: ContractCases
) -> ContractCases:
    """Return the judged ones of cases of simple numbers, or `none`: what is no evidence of anything is left out.

    Their values are not the author's. So nothing is refused for their sake: neither a reference that raises on one, nor
    a solution that is wrong.
    """
    reference = ReferenceRun(assignment, workshop, lenient=True)
    passed = [entry for entry in reference.run(drawn) if is_finite(entry)]
    if not passed:
        return none
    cases, uncertainty = _Expectations(assignment, reference).judge(passed)
    settled = find_settled(cases, uncertainty)
    parts = [slice(start, stop) for start, stop in pairwise(cases.starts)]
    shown = [place for place, part in enumerate(parts) if settled[part].all() and cases.expected[part].any()]
    chosen = _choose_varied(cases, shown)
    if not chosen:
        return none
    cases = replace(cases, expected=_round_exact(cases.expected, uncertainty))
    uncertain = np.concatenate([uncertainty[parts[place]] for place in chosen])
    return SolutionTrial(assignment, workshop).keep_right(cases.take(chosen), uncertain)


def _choose_varied(cases: ContractCases, places: Sequence[int]) -> list[int]:
    """Return the places of cases of which few have the same dims and the same signs of all that is expected."""
    alike: Counter[tuple[str, bytes]] = Counter()
    of_dims: Counter[str] = Counter()
    chosen = []
    for place in places:
        dims = str(cases.drawn[place].dims)
        signs = (dims, np.sign(cases.expected[cases.starts[place] : cases.starts[place + 1]]).tobytes())
        if alike[signs] < _ALIKE and of_dims[dims] < _OF_DIMS:
            chosen.append(place)
            alike[signs] += 1
            of_dims[dims] += 1
    return chosen


def _round_exact(expected: Array, uncertainty: Array) -> Array:
    """Return numbers, those of them as eighths that are such for all that is known."""
    eighths = np.round(8 * expected) / 8
    allowed = uncertainty + _ROUNDING * np.maximum(1, np.abs(expected))
    return np.where(np.abs(expected - eighths) <= allowed, eighths + 0.0, expected)


def _order(ladder: Sequence[DrawnCase], rungs: ContractCases) -> ContractCases:
    """Return the rungs by their size, of one size in the order of the ladder's shapes, simple ones first."""
    shapes: dict[str, int] = {}
    for case in ladder:
        shapes.setdefault(str(case.dims), len(shapes))
    return rungs.take(
        sorted(range(len(rungs)), key=lambda place: (rungs.drawn[place].size, shapes[str(rungs.drawn[place].dims)]))
    )


def _choose_judged(assignment: ContractAssignment, usable: Sequence[PassedCase]) -> CaseChoice:
    """Return the choice among the cases that are judged.

    Among them are as many as are wanted whose values are not on purpose: those on which a solution fails are left out.
    """
    choice = CaseChoice.of([entry.case for entry in usable], [_list_values(entry) for entry in usable], 0)
    judged = ceil(_JUDGED * assignment.cases)
    varied = [place for place, entry in enumerate(usable) if entry.case.corner in VARIED]
    chosen = choice.take(varied, judged - assignment.cases).choose()
    chosen = [varied[place] for place in chosen]
    plain = sorted({*range(len(usable))} - {*varied})
    more = choice.take(plain, judged - len(chosen)).choose()
    return choice.take(sorted([*chosen, *(plain[place] for place in more)]), assignment.cases)


def _list_values(entry: PassedCase) -> dict[str, Any]:
    """Return a case's inputs and whatever the reference gives, by names of their own."""
    parts = {"input": entry.case.values(), "output": entry.outputs, "tap": entry.taps}
    return {f"{kind} {name}": value for kind, values in parts.items() for name, value in values.items()}


def _choose(
    assignment: ContractAssignment, drawn: ContractCases, choice: CaseChoice, workshop: Workshop
) -> tuple[ContractCases, tuple[ProvenStatement, ...], tuple[frozenset[int], ...]]:
    """Return the cases that decide, the statements that count for rows, and by edit the cases that catch it."""
    tried = RowTrial(assignment, drawn, workshop).try_edits(choice.first, choice.others)
    chosen = choice.choose([edit.caught for statement in tried for edit in statement.edits])
    statements = tuple(statement.conclude(frozenset(chosen)) for statement in tried)
    proofs = tuple(proof for statement in tried for proof in statement.list_proofs(chosen))
    return drawn.take(chosen), statements, proofs


def _count_runs(assignment: ContractAssignment, drawn: int, small: int, simple: int, *, pool: bool) -> int:
    """Return how many times jails run its code, if the reference's numbers are finite in every case."""
    passes = 2 * (count_questions(drawn + small, assignment.cases) + count_questions(simple))
    gradients = any(result.grad for result in assignment.results)
    judged = min(drawn, ceil((1 if pool else _JUDGED) * assignment.cases)) + small
    differences = count_questions(judged) + count_questions(simple) if gradients else 0
    in_lists = any(find_holders(fill(result.expression, result.index, 0)) for result in assignment.results)
    # Each solution runs in double precision, once more for the form of its lists, RUNS times in single precision, of
    # simple numbers twice, and on probes.
    solutions = (1 + len(assignment.other_solutions)) * (1 + in_lists + RUNS + 2 + bool(assignment.given))
    solutions += assignment.check is not None
    return passes + differences + solutions + len(assignment.mistakes) + len(list_commented(assignment))


@dataclass(frozen=True, slots=True)
class _Expectations:
    """The expectations of cases: their results, what these must be, and by how much that is uncertain."""

    assignment: ContractAssignment
    reference: ReferenceRun

    def judge(self, passed: Sequence[PassedCase]) -> tuple[ContractCases, Array]:
        """Return the cases with what is expected of them, without tolerances, and the uncertainty of each number."""
        layouts = [self._layout(entry) for entry in passed]
        bound = [self._bind(entry, place) for place, entry in enumerate(passed)]
        terms = self.terms(passed)
        numbers = (len(terms) + 2) * sum(place.size for layout in layouts for place in layout)
        if numbers > MOST_IN_ALL:
            raise BadAssignment(
                f"the results of {len(passed)} cases, by {len(terms)} terms of the objective, take {numbers:,} numbers;"
                f" at most {MOST_IN_ALL:,} are taken: let dims be smaller, or ask for fewer cases"
            )
        derivatives = self.reference.differentiate(bound, layouts, terms)
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
        return cases, np.concatenate(uncertainty)

    def _layout(self, entry: PassedCase) -> Layout:
        """Return the results of a case with their shapes; raises BadAssignment."""
        known = {**entry.case.values(), **entry.taps}
        try:
            results = list(list_results(self.assignment, entry.case.dims))
        except ExpressionError as error:
            message = f"results: {error} (with {describe_dims(entry.case)})"
            raise BadAssignment(message) from error
        places = tuple(_locate(entry, known, indexed) for indexed in results)
        if sum(place.size for place in places) > MOST_OF_CASE:
            raise BadAssignment(
                f"the results of a case have more than {MOST_OF_CASE:,} numbers (with {describe_dims(entry.case)}):"
                " let dims be smaller"
            )
        return places

    def _bind(self, entry: PassedCase, place: int) -> DrawnCase:
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
            variety = len(SIMPLEST) if entry.case.corner == SIMPLE else 0
            more[name] = draw("normal", shape, rng, {}, variety=variety)
        for name in self.assignment.given:
            more[name] = self._output(entry, "call.given", name)
        return entry.case.bind(more)

    def _output(self, entry: PassedCase, key: str, name: str) -> Any:
        try:
            return find(entry.outputs, name)
        except (LookupError, TypeError, ValueError) as error:
            there = list_names(entry.outputs)
            message = f"{key} names {name}, which the reference does not return; it returns {there}"
            raise BadAssignment(message) from error

    def terms(self, passed: Sequence[PassedCase]) -> tuple[str, ...]:
        """Return the names of the objective's terms: upstream gradients, or the parts of the loss."""
        if self.assignment.upstream:
            return tuple(self.assignment.upstream)
        if not any(result.grad or result.value == "loss" for result in self.assignment.results):
            return ("loss",)
        names = {self._read_loss(entry) for entry in passed}
        if len(names) > 1:
            raise BadAssignment("the reference's loss has other terms in one case than in another: name all in each")
        return names.pop()

    def _read_loss(self, entry: PassedCase) -> tuple[str, ...]:
        """Return the names of the terms of a case's loss, each of which must be a number."""
        loss = self._output(entry, "results", "loss")
        if not isinstance(loss, dict):
            return ("loss",)
        if not (
            0 < len(loss) <= _MOST_TERMS
            and all(isinstance(name, str) and len(name) <= LONGEST_NAME for name in loss)
            and all(map(_is_number, loss.values()))
        ):
            raise BadAssignment(
                f"the reference's loss must be a number, or from 1 to {_MOST_TERMS} numbers by their names"
            )
        return tuple(loss)


def _locate(entry: PassedCase, known: Mapping[str, Any], indexed: IndexedResult) -> ResultPlace:
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
            f"results.{result.expression}: {clip(indexed.target)} is no {kind} (with {describe_dims(entry.case)});"
            f" there are {list_names(known if result.grad else entry.outputs)}"
        )
        raise BadAssignment(message) from error


class _NoNumbersError(TypeError):
    """An output that is no array of numbers."""


def _read_value(entry: PassedCase, target: str) -> Array:
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


def _read_terms(entry: PassedCase, place: ResultPlace, terms: Sequence[str]) -> Array:
    """Return the terms of a loss that is a result; zeros for other outputs."""
    value = entry.outputs.get(place.target)
    if place.target == "loss" and isinstance(value, dict) and set(terms) == set(value):
        return np.array([[value[term]] for term in terms], np.float64)
    return np.zeros((len(terms), place.size))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, np.ndarray) and not value.ndim)

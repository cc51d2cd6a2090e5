"""From drawn cases to a revision: the reference is run and differentiated, solutions and mistakes are tried.

All code of the assignment's author runs in the workshop's jails; numbers come back.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.choosing import CaseChoice
from backmark.grader.contracts.cases.contract_cases import ContractCases, find_holders
from backmark.grader.contracts.cases.drawn import SIMPLE, DrawnCase
from backmark.grader.contracts.cases.layout import fill
from backmark.grader.contracts.cases.values import VARIED
from backmark.grader.contracts.judging.notebook_check import CheckComparison
from backmark.grader.contracts.judging.proven_statement import ProvenStatement
from backmark.grader.contracts.language.assignment import OUTSIDE, ContractAssignment
from backmark.grader.contracts.publishing.conventions import count_convention_runs, judge_convention
from backmark.grader.contracts.publishing.epsilons import allow_epsilons
from backmark.grader.contracts.publishing.expectations import Expectations
from backmark.grader.contracts.publishing.proof import RowTrial, list_commented
from backmark.grader.contracts.publishing.reference_run import (
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
    #: The statements of solutions that count for rows.
    statements: tuple[ProvenStatement, ...] = ()
    #: The results that are items of lists in all solutions.
    listed: tuple[str, ...] = ()
    #: By convention that does not count the cases, with what is expected of them by that one.
    conventions: Mapping[str, ContractCases] = field(default_factory=dict)
    #: Cases that the handout does not try, and that do not decide.
    outside: ContractCases | None = None


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
    outside = [case for case in drawn if case.corner == OUTSIDE]
    drawn = [case for case in drawn if case.corner != OUTSIDE]
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
    cases, sound = trial.measure(*Expectations(assignment, reference).judge([*judged, *small]))
    cases = allow_epsilons(assignment, cases, workshop)
    count = len(judged)
    places = _leave_out_rough(cases, np.flatnonzero(sound[:count]).tolist(), assignment.cases)
    main, own_rungs = cases.take(places), cases.take(range(count, len(cases)))
    assignment = replace(assignment, listed=trial.find_listed(main))
    trial = replace(trial, assignment=assignment)
    rungs = _order(ladder, _judge_simple(assignment, simple, workshop, cases.take([])).join(own_rungs))
    statements: tuple[ProvenStatement, ...] = ()
    if choice:
        main, statements = _choose(assignment, main, choice.take(places, assignment.cases), workshop)
    if assignment.check is not None:
        trial.try_check(CheckComparison(assignment, assignment.check, main))
    mistakes = {
        mistake.id: trial.attempt(f"the mistake {mistake.id}", mistake.source, main, rungs)
        for mistake in assignment.mistakes
    }
    conventions = {
        convention.name: judge_convention(assignment, convention, main, workshop, lenient=pool)
        for convention in assignment.conventions
    }
    beyond = _judge_outside(assignment, outside, workshop) if outside else None
    return Built(
        *(main, rungs, trial.find_probes(rungs), mistakes),
        *(statements, assignment.listed, conventions, beyond),
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
    cases, uncertainty = Expectations(assignment, reference).judge(passed)
    settled = find_settled(cases, uncertainty)
    parts = [slice(start, stop) for start, stop in pairwise(cases.starts)]
    shown = [place for place, part in enumerate(parts) if settled[part].all() and cases.expected[part].any()]
    chosen = _choose_varied(cases, shown)
    if not chosen:
        return none
    cases = replace(cases, expected=_round_exact(cases.expected, uncertainty))
    uncertain = np.concatenate([uncertainty[parts[place]] for place in chosen])
    right = SolutionTrial(assignment, workshop).keep_right(cases.take(chosen), uncertain)
    return allow_epsilons(assignment, right, workshop)


def _judge_outside(assignment: ContractAssignment, drawn: Sequence[DrawnCase], workshop: Workshop) -> ContractCases:
    """Return the judged ones of cases that do not decide: those on which every solution is right."""
    reference = ReferenceRun(assignment, workshop, lenient=True)
    passed = [entry for entry in reference.run(drawn) if is_finite(entry)]
    trial = SolutionTrial(assignment, workshop, lenient=True)
    cases, sound = trial.measure(*Expectations(assignment, reference).judge(passed))
    return allow_epsilons(assignment, cases, workshop).take(np.flatnonzero(sound).tolist())


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
) -> tuple[ContractCases, tuple[ProvenStatement, ...]]:
    """Return the cases that decide, and the statements that count for rows."""
    tried = RowTrial(assignment, drawn, workshop).try_edits(choice.first, choice.others)
    chosen = choice.choose([edit.caught for statement in tried for edit in statement.edits])
    statements = tuple(statement.conclude(frozenset(chosen)) for statement in tried)
    return drawn.take(chosen), statements


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
    conventions = sum(count_convention_runs(convention, assignment.cases) for convention in assignment.conventions)
    passes += 2 * len({*assignment.epsilons.values()}) * (count_questions(judged) + count_questions(simple))
    mistakes = len(assignment.mistakes) + len(list_commented(assignment))
    return passes + differences + solutions + conventions + mistakes

"""The author's solutions and mistakes, tried on cases: what rounding does to the former, where the latter are wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from backmark.grader.contracts.cases.answers import Answer, Raised, Returned
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases, find_holders, list_expressions
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.cases.exchange import ContractExchange, join_numbers, numbers_of
from backmark.grader.contracts.cases.values import VARIED
from backmark.grader.contracts.judging.notebook_check import CheckComparison
from backmark.grader.contracts.judging.own_pass import choose_probes, disturb
from backmark.grader.contracts.language.assignment import ContractAssignment, Solution
from backmark.grader.contracts.language.driver import defined_names
from backmark.grader.contracts.naming.mistakes import describe_forms
from backmark.grader.contracts.publishing.author_code import ask, describe_answer, describe_dims
from backmark.grader.contracts.publishing.tolerance import FLOOR, MOVED, RUNS, VISIBLE, tolerances
from backmark.grader.contracts.publishing.workshop import Workshop
from backmark.grader.contracts.rows.agreement import disagreeing, find_wrong
from backmark.grader.errors import BadAssignment

#: The part of a case's numbers that may be inconclusive.
_INCONCLUSIVE = 0.5


@dataclass(frozen=True, slots=True)
class Tried:
    """A source of the author's, tried: the numbers of its answers to the cases, and where they are wrong."""

    numbers: Array
    wrong: tuple[int, ...]
    #: By case what came in the place of numbers.
    forms: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class SolutionTrial:
    """An assignment's solutions and mistakes in their workshop."""

    assignment: ContractAssignment
    workshop: Workshop
    #: True if cases on which a solution is not right are left out, rather than refused.
    lenient: bool = False

    def measure(self, cases: ContractCases, uncertainty: Array) -> tuple[ContractCases, NDArray[np.bool_]]:
        """Return the cases with tolerances that let solutions pass in single precision, and which of them may decide.

        Each solution must be right in double precision. A case of values on purpose may not decide if one is not right
        there, if it gives no finite numbers in single precision, or if most of what is expected is inconclusive.
        """
        varied = np.array([case.corner in VARIED for case in cases.drawn])
        double = {solution: self._solve(cases, solution) for solution in self._solutions}
        measured, noise = self._allow(cases, uncertainty, double, (RUNS, FLOOR))
        parts = [slice(start, stop) for start, stop in pairwise(cases.starts)]
        unknown = np.isnan(measured.expected)
        doubtful = np.array(
            [np.mean(unknown[part]) > _INCONCLUSIVE or not np.isfinite(noise[part]).all() for part in parts], bool
        )
        for solution, answers in double.items():
            wrong = np.array(disagreeing(measured, answers), bool)
            refused = np.flatnonzero(wrong & ~varied)
            if len(refused) and not self.lenient:
                first, extent = int(refused[0]), f"{len(refused)} of {np.count_nonzero(~varied)}"
                raise BadAssignment(self._disagreement(solution.name, measured, first, answers[first], extent))
            doubtful |= wrong
        return measured, ~((varied | self.lenient) & doubtful)

    def keep_right(self, cases: ContractCases, uncertainty: Array) -> ContractCases:
        """Return those of some cases of simple numbers, with tolerances, on which every solution is right.

        Single precision has such numbers as they are: no further run shows more of its rounding.
        """
        double = {
            solution: self._answers(solution.name, solution.source, cases, "float64") for solution in self._solutions
        }
        measured, _ = self._allow(cases, uncertainty, double, (1, VISIBLE))
        wrong = np.any([disagreeing(measured, answers) for answers in double.values()], axis=0)
        return measured.take(np.flatnonzero(~wrong).tolist())

    @property
    def _solutions(self) -> list[Solution]:
        return [Solution("solution.py", self.assignment.solution), *self.assignment.other_solutions]

    def _allow(
        self,
        cases: ContractCases,
        uncertainty: Array,
        double: Mapping[Solution, Sequence[Answer]],
        measure: tuple[int, float],
    ) -> tuple[ContractCases, Array]:
        """Return the cases with tolerances, by runs in single precision and a floor, and the noise of these runs."""
        runs, floor = measure
        noises = [self._measure_noise(cases, solution, answers, runs) for solution, answers in double.items()]
        noise = np.asarray(np.max(noises, axis=0), np.float64)
        expected, allowed = tolerances(cases, np.where(np.isfinite(noise), noise, 0.0), uncertainty, floor)
        return replace(cases, expected=expected, tolerances=allowed), noise

    def _solve(self, cases: ContractCases, solution: Solution) -> list[Answer]:
        """Return a solution's answers in double precision; it must return every result in its shape.

        On values on purpose it need not.
        """
        answers = self._answers(solution.name, solution.source, cases, "float64")
        for case, answer in zip(cases.drawn, answers, strict=True):
            if not (isinstance(answer, Returned) or case.corner in VARIED or self.lenient):
                raise BadAssignment(f"{solution.name} {describe_answer(answer)} (with {describe_dims(case)})")
        return answers

    def _measure_noise(self, cases: ContractCases, solution: Solution, double: Sequence[Answer], count: int) -> Array:
        """Return how far each number of a solution is off in single precision, with inputs moved a little or not."""
        rng = np.random.default_rng(self.assignment.seed)
        flat = join_numbers(double, cases.starts)
        runs = []
        for run in range(count):
            moved = cases if run == 0 else _move(cases, rng)
            runs.append(join_numbers(self._answers(solution.name, solution.source, moved, "float32"), cases.starts))
        return np.asarray(np.max([np.abs(run - flat) for run in runs], axis=0), np.float64)

    def _answers(self, filename: str, source: str, cases: ContractCases, dtype: str) -> list[Answer]:
        exchange = ContractExchange(self.assignment, list_expressions(cases), dtype)
        return ask(self.workshop, filename, source, exchange, cases, self.assignment.limits)

    def _disagreement(self, name: str, cases: ContractCases, i: int, answer: Answer, extent: str) -> str:
        """Return the sentence about the first number at which a solution differs from the reference.

        `extent` says in how many of the cases that it must be right on.
        """
        case = cases.take([i])
        got = numbers_of(answer, case.starts[-1])
        wrong = find_wrong(got, case.expected, case.tolerances)
        place, part = next((place, part) for _, place, part in case.slices() if wrong[part].any())
        at = int(np.flatnonzero(wrong[part])[0])
        index = ", ".join(str(axis) for axis in np.unravel_index(at, place.shape))
        # Only gradients have a factor that courses choose in different ways.
        advice = ". If only the convention differs, set scale" if self.assignment.results[place.result].grad else ""
        return (
            f"{name} is not right on {extent} cases: with {describe_dims(case.drawn[0])},"
            f" {place.expression}{f'[{index}]' if index else ''} is {got[part][at]:.6g}, and"
            f" {case.expected[part][at]:.6g} by the reference{advice}"
        )

    def find_listed(self, cases: ContractCases) -> tuple[str, ...]:
        """Return the results that are items of lists, rather than of dictionaries, in every solution."""
        declared = [result.expression for result in self.assignment.results]
        items = {
            place.expression: declared[place.result]
            for layout in cases.layouts
            for place in layout
            if find_holders(place.expression)
        }
        if not items:
            return ()
        strict = replace(self, assignment=replace(self.assignment, listed=tuple(declared)))
        forms = [
            form
            for solution in self._solutions
            for answer in strict._answers(solution.name, solution.source, cases, "float64")  # noqa: SLF001 - its own
            if not isinstance(answer, Returned)
            for form in answer.forms
        ]
        others = {declared for item, declared in items.items() if any(form.concerns(item) for form in forms)}
        return tuple(sorted({*items.values()} - others))

    def try_check(self, check: CheckComparison) -> None:
        """Refuse a notebook's check that does not pass with a solution that has the functions that it calls."""
        wanted = set(check.check.functions)
        solution = next((each for each in self._solutions if wanted <= defined_names(each.source)), None)
        if solution is None:
            raise BadAssignment(
                f"check.code calls {' and '.join(check.check.functions)}: define this in one of the solutions, which"
                " shows what right functions give"
            )
        try:
            asked = check.at_home
        except (LookupError, TypeError, ValueError) as error:
            message = f"check.results has no value in some case of the home shape: {error}"
            raise BadAssignment(message) from error
        answers = ask(self.workshop, solution.name, solution.source, check.exchange, asked, self.assignment.limits)
        for answer in answers:
            if not isinstance(answer, Returned):
                raise BadAssignment(f"check.code {describe_answer(answer)}, with {solution.name}")
        if check.find_wrong(answers) is not None:
            raise BadAssignment(f"check.code gives other values than the reference, with {solution.name}")

    def find_probes(self, ladder: ContractCases) -> ContractCases:
        """Return probes for who computes a forward pass of their own, made of small cases; see `OwnPassTest`."""
        assignment = self.assignment
        if not assignment.given or not len(ladder):
            return ladder.take([])
        disturbed = disturb(ladder, assignment.given, assignment.seed)
        answers = [
            self._answers(solution.name, solution.source, disturbed, assignment.dtype) for solution in self._solutions
        ]
        return choose_probes(disturbed, answers)

    def attempt(self, name: str, source: str, cases: ContractCases, ladder: ContractCases) -> Tried:
        """Try a mistake; raises BadAssignment if it raises on every case, also on the small ones of the ladder."""
        answers = self._answers(name, source, cases, self.assignment.dtype)
        numbers = join_numbers(answers, cases.starts)
        # Where cases are few, all may be of shapes that a mistake does not fit.
        if _all_raised(answers) and _all_raised(self._answers(name, source, ladder, self.assignment.dtype)):
            raised = describe_answer(answers[0], source)
            raise BadAssignment(f"{name} {raised} on every case: that is no evidence of it")
        wrong = tuple(np.flatnonzero(disagreeing(cases, answers)).tolist())
        return Tried(numbers, wrong, describe_forms(answers))


def _all_raised(answers: Sequence[Answer]) -> bool:
    return all(isinstance(answer, Raised) for answer in answers)


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

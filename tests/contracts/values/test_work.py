"""The budget of a search: what costs time or memory is counted before it is done, whatever a submission pretends."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from backmark.grader.contracts.cases.answers import Answer, Returned
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.values.program import Results, Run, Runner
from backmark.grader.contracts.values.recording import Recording, read_logs
from backmark.grader.contracts.values.search import Finding, Injections, ValueSearch
from backmark.grader.contracts.values.solution import SolutionValue, SolutionValues
from backmark.grader.contracts.values.work import OutOfWorkError, Work
from backmark.grader.contracts.values.written import WrittenProgram
from tests.contracts.values.test_wrong_lines import strip_rows


class CirclingSearch(ValueSearch):
    """A search in which what is wrong in one site can be moved into the other, and back."""

    def trace(self, base: Injections) -> None:
        """Nothing runs."""

    def _move_into_operand(self, finding: Finding, _: Injections, __: set[int]) -> Finding | None:
        return replace(finding, site=1 - finding.site)


def test_what_is_pushed_down_in_a_circle_ends() -> None:
    runner, _ = make_runner(1)
    program = WrittenProgram("")
    solution = SolutionValues(program, Recording([], []), [])
    value = SolutionValue(0, 1, [], "all")
    finding = Finding(0, value, "", [], 0, is_right=False, time=0, good=(True,))
    search = CirclingSearch(solution, program, runner, Results(runner.cases))
    assert search.push_down(finding, {}).site in {0, 1}


class Answering:
    """A candidate whose results are zeros; it counts the runs that it is asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def answer(self, cases: ContractCases) -> list[Answer]:
        """One answer for each case."""
        self.asked.append(len(cases))
        return [Returned(np.zeros(sum(place.size for place in layout)), ()) for layout in cases.layouts]


def make_runner(runs: int) -> tuple[Runner, Answering]:
    """Return a program that costs nothing, with so much work left for it."""
    candidate = Answering()
    return Runner(candidate, strip_rows("cs231n-affine").contract.cases, Work(runs)), candidate


def test_the_values_of_a_log_are_counted_while_they_are_read() -> None:
    count = 5_000
    log = np.array([3 + 3 * count, 0, 0, *[1, 0, 0.5] * count], float)
    assert len(read_logs([log], 1, Work(400)).sites[0].values[0]) == count
    with pytest.raises(OutOfWorkError):
        read_logs([log] * 12, 1, Work(400))


def test_what_a_run_is_given_is_counted_before_it_is_sent() -> None:
    runner, candidate = make_runner(100)
    with pytest.raises(OutOfWorkError):
        runner.run([Run(0, {0: [np.zeros(1)] * 10_000})])
    with pytest.raises(OutOfWorkError):
        runner.run([Run(0, {0: [np.zeros(2_000_000)]})])
    assert candidate.asked == []


def test_a_run_of_many_turns_costs_more() -> None:
    runner, _ = make_runner(100)
    runner.turns = [1_200] * len(runner.cases)
    with pytest.raises(OutOfWorkError):
        runner.run([Run(0)] * 50)


def test_runs_are_made_as_they_are_sent_so_that_few_are_kept() -> None:
    runner, candidate = make_runner(10_000)
    sent_before: list[int] = []

    def make() -> Iterator[Run]:
        for _ in range(20):
            sent_before.append(sum(candidate.asked))
            yield Run(0, {0: [np.zeros(1)] * 4_000})

    assert len(runner.run(make())) == 20
    assert sent_before[-1] >= 15

"""The conventions that do not count, on the cases that decide: what is expected of each, and by which tolerance."""

from collections.abc import Sequence

from backmark.grader.contracts.cases.contract_cases import ContractCases, locate_inputs
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.language.assignment import ContractAssignment, Convention, adopt
from backmark.grader.contracts.publishing.epsilons import allow_epsilons
from backmark.grader.contracts.publishing.expectations import Expectations
from backmark.grader.contracts.publishing.reference_run import ReferenceRun, count_questions
from backmark.grader.contracts.publishing.solutions import SolutionTrial
from backmark.grader.contracts.publishing.tolerance import RUNS
from backmark.grader.contracts.publishing.workshop import Workshop
from backmark.grader.errors import BadAssignment


def judge_convention(
    assignment: ContractAssignment, convention: Convention, cases: ContractCases, workshop: Workshop, *, lenient: bool
) -> ContractCases:
    """Return the cases as they are asked and expected by a convention, in their order; raises BadAssignment.

    Where its own solution is not right in a case, nothing right by it is told from what is wrong, and so it is not
    looked for. That is allowed of values on purpose, and with `lenient` of all cases.
    """
    adopted = adopt(assignment, convention)
    try:
        return _judge(adopted, [_unbind(case, assignment) for case in cases.drawn], workshop, lenient=lenient)
    except BadAssignment as error:
        message = f"conventions.{convention.name}: {error}"
        raise BadAssignment(message) from error


def count_convention_runs(convention: Convention, cases: int) -> int:
    """Return how many times jails run a convention's code."""
    gradients = any(result.grad for result in convention.results)
    solutions = 1 + len(convention.other_solutions)
    passes = 2 * (1 + len({*convention.epsilons.values()})) * count_questions(cases, cases)
    return passes + gradients * count_questions(cases) + solutions * (1 + RUNS)


def _judge(
    adopted: ContractAssignment, drawn: Sequence[DrawnCase], workshop: Workshop, *, lenient: bool
) -> ContractCases:
    reference = ReferenceRun(adopted, workshop, lenient=lenient)
    passed = reference.run(drawn)
    if len(passed) < len(drawn):
        raise BadAssignment("its reference raises where that of the convention that counts does not")
    judged, _ = SolutionTrial(adopted, workshop, lenient).measure(*Expectations(adopted, reference).judge(passed))
    return allow_epsilons(adopted, judged, workshop)


def _unbind(case: DrawnCase, assignment: ContractAssignment) -> DrawnCase:
    """Return a case with the inputs that are drawn, without upstream gradients and given outputs."""
    names = [entry.name for entry in assignment.inputs]
    located = locate_inputs(case)
    end = max(located[name].stop for name in names)
    return DrawnCase(case.dims, {name: case.inputs[name] for name in names}, case.numbers[:end], case.corner)

"""What a small number within a logarithm changes: a wider tolerance for the results that may have one."""

from dataclasses import replace

import numpy as np

from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.publishing.expectations import read_value
from backmark.grader.contracts.publishing.reference_run import ReferenceRun
from backmark.grader.contracts.publishing.workshop import Workshop
from backmark.grader.errors import BadAssignment

#: The argument by which the reference is told the number.
ARGUMENT = "epsilon"


def allow_epsilons(assignment: ContractAssignment, cases: ContractCases, workshop: Workshop) -> ContractCases:
    """Return the cases with tolerances by which a small number may stand within a logarithm; raises BadAssignment.

    The reference says how far the largest one moves each value. A smaller one, or a bound in its place, moves it less.
    """
    if not assignment.epsilons or not len(cases):
        return cases
    allowed = np.zeros(len(cases.expected))
    for epsilon in sorted({*assignment.epsilons.values()}):
        asked = replace(assignment, forward_dims=(*assignment.forward_dims, ARGUMENT))
        passed = ReferenceRun(asked, workshop).run([_tell(case, epsilon) for case in cases.drawn])
        if len(passed) < len(cases):
            raise BadAssignment(f"the reference raises with {ARGUMENT} = {epsilon:g}, and not without it")
        for i, place, part in cases.slices():
            if assignment.epsilons.get(assignment.results[place.result].expression) == epsilon:
                allowed[part] = np.abs(read_value(passed[i], place.target).ravel() - cases.expected[part])
    if not allowed.any():
        raise BadAssignment(
            f"results have an epsilon that moves none of them: let forward take {ARGUMENT}=0.0 and use it"
        )
    allowed = np.nan_to_num(allowed, nan=0.0, posinf=0.0)
    return replace(cases, tolerances=cases.tolerances + allowed, allowances=allowed)


def _tell(case: DrawnCase, epsilon: float) -> DrawnCase:
    return DrawnCase({**case.dims, ARGUMENT: epsilon}, case.inputs, case.numbers, case.corner)

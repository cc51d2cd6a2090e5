"""The run of the author's solution that records its values, alone in its jail."""

from collections.abc import Sequence

import numpy as np

from backmark.grader.contracts.cases.answers import Candidate
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.values.program import ROOMS, Run, Runner
from backmark.grader.contracts.values.recorded import RecordedSolution
from backmark.grader.contracts.values.recording import is_overflown
from backmark.grader.contracts.values.work import Work
from backmark.grader.contracts.values.written import WrittenProgram

#: Octets of a revision's values, at most: cases are left out that come behind them.
MOST_OCTETS = 32 << 20


def record_solution(
    program: WrittenProgram,
    candidate: Candidate,
    cases: ContractCases,
    order: Sequence[int],
    sites: tuple[int, ...] | None = None,
) -> RecordedSolution:
    """Return the solution's values in all cases, the first of an order first; raises CandidateError.

    Cases are left out in which it has too many. With `sites` it is recorded at these only.
    """
    # It is the author's: nothing of it is counted.
    runner = Runner(candidate, cases, Work(1 << 40))
    logs: dict[int, Array] = {}
    octets = 0
    for room in ROOMS:
        left = [case for case in order if case not in logs]
        for case, ran in zip(left, runner.run(Run(case, room=room, sites=sites) for case in left), strict=True):
            # It is what an author's code has written: no number, or any.
            stop = int(np.nan_to_num(ran.log[0], posinf=0).clip(0, len(ran.log)))
            log = ran.log[:stop].copy()
            if not is_overflown(ran.log) and octets + log.nbytes <= MOST_OCTETS:
                logs[case] = log
                octets += log.nbytes
    return RecordedSolution(program, cases, logs)

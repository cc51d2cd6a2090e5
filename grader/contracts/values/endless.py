"""The loop of a submission that still ran when its time was up."""

import numpy as np

from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.values.program import SITED, ProgramExchange, Programs, Run, Runner
from backmark.grader.contracts.values.work import Work
from backmark.grader.errors import CandidateError
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import PythonMistake

#: As the submission's code says where a loop goes on for too long: a line, and so many of these by its cell.
_LINES = 10_000_000
#: The numbers of a log in which nothing is kept but its head.
_ROOM = 3
#: The word for this mistake.
ENDLESS = "endless_loop"


def find_endless_loop(assignment: ContractAssignment, case: ContractCases, programs: Programs) -> PythonMistake | None:
    """Return the `while` loop that goes on for too long in a case; None if none does, or if it cannot be known."""
    try:
        program = programs.write(SITED)
        if not program.text:
            return None
        with programs.open(program.text, ProgramExchange.of(assignment, case), alone=True) as candidate:
            (ran,) = Runner(candidate, case, Work(1 << 20)).run([Run(0, room=_ROOM, sites=())])
    except CandidateError:
        return None
    finally:
        programs.close()
    spot = -ran.log[1]
    if not (np.isfinite(spot) and 0 < spot < _LINES * _LINES):
        return None
    cell, line = divmod(int(spot), _LINES)
    if not line:
        return None
    return PythonMistake(ENDLESS, SourceLine.of(cell, line), "begins a loop that does not end in time.", "")

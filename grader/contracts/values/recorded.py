"""The values of the author's solution in all cases, recorded once for a revision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.values.recording import read_logs
from backmark.grader.contracts.values.solution import SolutionValues
from backmark.grader.contracts.values.written import WrittenProgram


@dataclass(frozen=True, eq=False)
class RecordedSolution:
    """The solution's program, and by the place of a case the log of its values."""

    program: WrittenProgram
    cases: ContractCases
    logs: Mapping[int, Array]

    @property
    def octets(self) -> int:
        """The octets of all logs."""
        return sum(log.nbytes for log in self.logs.values())

    def take(self, places: Sequence[int]) -> tuple[list[int], SolutionValues]:
        """Return of some places those of which the values are known, and the values in their cases."""
        kept = [place for place in places if place in self.logs]
        recording = read_logs([self.logs[place] for place in kept], len(self.program.sites))
        return kept, SolutionValues(self.program, recording, [self.cases.drawn[place].dims for place in kept])

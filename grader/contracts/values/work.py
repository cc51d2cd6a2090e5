"""The budget of one submission's search: counts of what costs time and memory, each taken before it is done."""

from dataclasses import dataclass

#: The costs of a run, of reading a value of a log, and of an array that is made or sent; a site's turn costs one.
_RUN, _VALUE, _ARRAY = 120, 3, 3
#: Numbers that are made or sent at the cost of one turn.
_NUMBERS = 400


class OutOfWorkError(Exception):
    """A submission has cost as much as it may."""


@dataclass(slots=True)
class Work:
    """The work that is left for a submission, in runs of a program with few sites."""

    runs: int
    _turns: int = 0

    def take(self, *, runs: int = 0, turns: int = 0, values: int = 0, arrays: int = 0, numbers: int = 0) -> None:
        """Count work that comes now; raises OutOfWorkError."""
        self._turns += runs * _RUN + turns + values * _VALUE + arrays * _ARRAY + numbers // _NUMBERS
        if self._turns > self.runs * _RUN:
            raise OutOfWorkError

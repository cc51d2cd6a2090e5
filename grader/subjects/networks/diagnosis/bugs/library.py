"""All bug models together."""

from collections.abc import Sequence

from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.diagnosis.bug import Bug
from grader.subjects.networks.diagnosis.bugs import activations, biases, derivatives, output, returned, weights

#: The loss derivative and the four lines below it: any two of these lines may be wrong together.
LINES: tuple[tuple[Bug, ...], ...] = (derivatives.BUGS, activations.BUGS, weights.BUGS, biases.BUGS, output.BUGS)

#: Bugs that are looked for in pairs alone.
PAIRED: tuple[Bug, ...] = (weights.FACTOR, biases.FACTOR)

RETURNED: tuple[Bug, ...] = returned.BUGS


def of(assignment: Assignment) -> tuple[Bug, ...]:
    """Every model of a wrong line that is one for this assignment."""
    return tuple(bug for bugs in LINES for bug in bugs if bug.applies(assignment))


def rarity(bugs: Sequence[Bug]) -> int:
    """How unusual they are together: each file names the usual bugs of its line first."""
    return sum(line.index(bug) for bug in bugs for line in LINES if bug in line)

"""All bug models together, the usual ones of each line first."""

from grader.diagnosis.bug import Bug
from grader.diagnosis.bugs import activations, biases, derivatives, output, returned, weights
from grader.model import Assignment

#: The four TODOs and the loss derivative above them: any two of these lines may be wrong together.
LINES: tuple[Bug, ...] = (*derivatives.BUGS, *activations.BUGS, *weights.BUGS, *biases.BUGS, *output.BUGS)

RETURNED: tuple[Bug, ...] = returned.BUGS


def of(assignment: Assignment) -> tuple[Bug, ...]:
    """Every model of a wrong line that is one for this assignment."""
    return tuple(bug for bug in LINES if bug.applies(assignment))

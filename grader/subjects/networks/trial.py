"""The trial of an assignment about networks before it may be used: a right function, and known-wrong ones."""

from collections.abc import Iterator, Mapping
from itertools import islice

from grader.judge.trial import KnownMistake, Trial
from grader.oracle.suite import Suite, propose
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.building import Values
from grader.subjects.networks.diagnosis.lines import RIGHT
from grader.subjects.networks.exchange import NAMES
from grader.subjects.networks.mistakes import Known, make_known, of
from grader.subjects.networks.ordinary import ordinary
from grader.subjects.networks.steps import STEPS

#: Ordinary networks on which a mistake has to be right, too, to be none within an assignment's ranges.
ELSEWHERE = 400
#: The notebook's own function, which is known to be passable.
OWN = "backward_pass"


def trial(assignment: Assignment, seen: Mapping[str, int]) -> Trial:
    """Every known mistake that is one for this assignment; `seen` counts the networks that test each step."""
    return Trial(
        Known(RIGHT, assignment.formulas),
        tuple(KnownMistake(mistake.id, mistake.title, make_known(mistake, assignment)) for mistake in of(assignment)),
        (*_outside(assignment), *_without_marks(assignment, seen)),
        lambda: _elsewhere(assignment),
        f"called as {assignment.function}({', '.join(NAMES)})",
        "two lists, the derivatives by the weights and by the biases",
        passable=assignment.function == OWN,
    )


def _elsewhere(assignment: Assignment) -> Suite:
    """Ordinary networks of the assignment's ranges."""
    networks = [
        network
        for values in (Values(), Values(negative_targets=True))
        for network in islice(ordinary(assignment, assignment.seed + 1, values), ELSEWHERE // 2)
    ]
    return propose(networks, assignment.formulas, assignment.rtol)


def _outside(assignment: Assignment) -> Iterator[str]:
    home, ranges = assignment.home, assignment.ranges
    rows = [("depth", home.depth, "depth", ranges.depth)]
    rows += [("width", home.width, "widths", ranges.widths)] if home.depth else []
    rows += [("inputs", home.inputs, "inputs", ranges.inputs), ("outputs", home.outputs, "outputs", ranges.outputs)]
    rows += [("columns", home.columns, "columns", ranges.columns)]
    for name, value, plural, limits in rows:
        if value not in limits:
            yield (
                f"home.{name} is {value}, and ranges.{plural} is [{limits.least}, {limits.most}]: the notebook's own"
                f" shape lies outside of what is drawn; set home.{name} to a value within, or change the range"
            )


def _without_marks(assignment: Assignment, seen: Mapping[str, int]) -> Iterator[str]:
    """A sentence if no property that the networks put to the test carries any marks."""
    rubric = assignment.rubric
    tested = [name for name in STEPS if seen[name]]
    if not sum(getattr(rubric, name) for name in (*tested, "any_shape", "finite_differences", "pure")):
        yield "nothing that these networks put to the test has any marks: give some in [rubric]"

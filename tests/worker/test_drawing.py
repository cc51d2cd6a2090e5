"""Networks drawn in a process of their own: what its end says, and how to end it."""

import pytest

from grader.errors import AssignmentError, BadAssignment
from grader.model.assignment import Assignment
from worker.grading.revisions import Drawing


def test_a_drawing_that_is_stopped_has_no_result() -> None:
    drawing = Drawing(Assignment("mine", "Mine", networks=2000))
    drawing.stop()
    with pytest.raises(AssignmentError, match="mine"):
        drawing.result()


def test_a_drawing_that_takes_too_long_is_its_authors_to_mend() -> None:
    drawing = Drawing(Assignment("mine", "Mine", networks=2000))
    with pytest.raises(BadAssignment, match=r"mine are not drawn within 0\.2 s"):
        drawing.result(0.2)


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        ("Traceback\ngrader.errors.AssignmentError: only 3 of 20 networks", BadAssignment, "drawn: only 3 of 20"),
        ("Traceback\nMemoryError: ", AssignmentError, "MemoryError"),
        ("", AssignmentError, "no reason"),
    ],
)
def test_ranges_that_hold_too_few_networks_are_their_authors_to_mend(said: str, kind: type, told: str) -> None:
    """Anything else is ours."""
    drawing = Drawing(Assignment("mine", "Mine"))
    drawing.stop()
    fault = drawing._fault(said)
    assert type(fault) is kind
    assert told in str(fault)
    with pytest.raises(AssignmentError):
        drawing.result()

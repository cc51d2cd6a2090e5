"""Drawing networks for a job: in a process of its own, which ends when the job's hold does."""

from grader.errors import BadAssignment
from grader.model import Assignment
from grader.properties.selfcheck import selfcheck
from grader.revision import load
from worker.drawing import MOST_SECONDS, Drawing
from worker.service import fresh
from worker.service.claims import Hold


def draw(assignment: Assignment, hold: Hold) -> bytes:
    """The networks of an assignment."""
    hold.check()
    drawing = Drawing(assignment)
    with hold.ending(drawing.stop):
        try:
            return drawing.result(MOST_SECONDS)
        finally:
            # Whatever came of it: where it was stopped, that is why.
            hold.check()


def draw_pool(assignment: Assignment, count: int, secret: bytes, hold: Hold) -> bytes:
    """A pool that accepts what is right; what is wrong, the networks that do not give way catch."""
    drawn = draw(fresh.pool_assignment(assignment, count, secret), hold)
    if rejected := selfcheck(load(drawn, "the pool")).reference_rejected:
        raise BadAssignment(
            f"a right implementation is rejected on {rejected} networks of the pool; please report this"
        )
    return drawn
